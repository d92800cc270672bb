import { withSides } from "../lib/field.mjs";
import { peakSides } from "../lib/peaks.mjs";
import { measure, rate, raw } from "../lib/rounds.mjs";
import { spread } from "../lib/table.mjs";

const MEANS = {
  peak: ["arithmetic in registers", "GFLOP/s"],
  cache: ["copy within the second cache, 2 x 128 KiB", "GB/s"],
  memory: ["copy in memory, beyond every cache", "GB/s"],
};
const KINDS = { baseline: "mul + add", relaxed: "fused", wide: "fused, 256 bits" };

/** Measures the peak of SIMD code in WebAssembly on one core of this host. */
export async function peak({ rounds, host }) {
  const last = Math.max(0, ...host.caches.map(({ bytes }) => bytes));
  const bytes = Math.max(2 ** 26, 2 ** Math.ceil(Math.log2(2 * last)));
  return withSides(peakSides(Math.min(bytes, 2 ** 29)), async (sides) => {
    // All modules copy with the same code.
    const [baseline] = sides;
    const all = [
      ...sides.map((entry) => [entry, "peak"]),
      [baseline, "cache"],
      [baseline, "memory"],
    ];
    const contestants = all.map(([entry, name]) => ({
      ...entry,
      case: name,
      work: entry.side?.ready.work[name],
    }));
    const field = await measure(contestants, rounds);
    const results = field.map((entry) => ({
      module: entry.name,
      what: entry.case,
      failed: entry.failed,
      perSecond: rate(entry),
      measured: raw(entry),
    }));
    const rows = results.map(({ module, what, failed, perSecond }) => [
      MEANS[what][0],
      what === "peak" ? KINDS[module] : "",
      failed ?? spread(perSecond, 1e-9),
      MEANS[what][1],
    ]);
    const title = "What one core gives to SIMD code in WebAssembly";
    return { results, tables: [{ title, head: ["", "", "median (quartiles)", ""], rows }] };
  });
}
