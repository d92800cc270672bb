import { loadKernels } from "../../dist/node.js";
import { nodeSide } from "./field.mjs";
import { moduleOf } from "./kernels.mjs";

/** The peaks to measure; on hosts where `fast` uses the wide build, its peak too. */
const { flavour, vectorBits } = await loadKernels({ fast: true });
const MODULES = ["baseline", "relaxed", "wide"].slice(
  0,
  moduleOf({ flavour, vectorBits }) === "wide" ? 3 : 2,
);

/** The SIMD peak of each module, as contestants; the speed of other contestants is divided by it. */
export function peakSides(bytes = 2 ** 20) {
  return MODULES.map((module) =>
    nodeSide(module, "ours/peak.mjs", [JSON.stringify({ module, bytes })]),
  );
}

/**
 * The contestants that are not peaks, each with the peak of its module as its gauge; contestants that are not ours have no
 * gauge.
 * @param all all started contestants, with those of `peakSides`.
 */
export function gauged(all) {
  const isPeak = ({ name }) => MODULES.includes(name);
  const sides = all.filter((entry) => !isPeak(entry));
  const gauges = all.filter(isPeak).map((entry) => ({
    ...entry,
    case: "peak",
    work: entry.side?.ready.work.peak,
  }));
  return sides.map((entry) => {
    const module = entry.side?.ready.module;
    const gauge = gauges.find(({ name, side }) => side && name === module);
    return { ...entry, gauge };
  });
}
