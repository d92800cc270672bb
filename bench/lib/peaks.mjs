import { nodeSide } from "./field.mjs";

/** The SIMD peak of each module, as sides: what runs in turn with them is normalised by them. */
export function peakSides(bytes = 2 ** 20) {
  return ["baseline", "relaxed"].map((module) =>
    nodeSide(module, "ours/peak.mjs", [JSON.stringify({ fast: module === "relaxed", bytes })]),
  );
}

/**
 * Each of these sides with the peak of the module that it runs as its gauge; sides that are not ours have none.
 * @param peaks the two of `peakSides`, started.
 */
export function gauged(peaks, sides) {
  const gauges = peaks.map((entry) => ({
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
