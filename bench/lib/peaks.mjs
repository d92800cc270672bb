import { loadKernels } from "../../dist/node.js";
import { nodeSide } from "./field.mjs";
import { moduleOf } from "./kernels.mjs";

/** The peak of the module that `fast` takes is that of the wide one on some hosts: there it stands beside the others. */
const { flavour, vectorBits } = await loadKernels({ fast: true });
const MODULES = ["baseline", "relaxed", "wide"].slice(
  0,
  moduleOf({ flavour, vectorBits }) === "wide" ? 3 : 2,
);

/** The SIMD peak of each module, as sides: what runs in turn with them is normalised by them. */
export function peakSides(bytes = 2 ** 20) {
  return MODULES.map((module) =>
    nodeSide(module, "ours/peak.mjs", [JSON.stringify({ module, bytes })]),
  );
}

/**
 * Of these sides those that are not peaks, each with the peak of the module that it runs as its gauge; sides that are
 * not ours have none.
 * @param all those of `peakSides` among them, started.
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
