import type { Estimate } from "./estimate.js";
import { PHASES, type Phase } from "./phase.js";

/** The value of `sigma` at which one phase ends and the next begins. */
export interface MeasuredBoundary {
  /** The geometric mean of `bracket`; null if the sweep does not cross the boundary. */
  readonly measured: number | null;
  /** The two neighbouring values of `sigma` that the boundary lies between; null if the sweep does not cross it. */
  readonly bracket: readonly [number, number] | null;
  /** Number of runs on the wrong side of the boundary. It is above 0 if seeds differ. */
  readonly wrongSide: number;
  /** `wrongSide` as a fraction of the runs that count. */
  readonly misplaced: number;
}

/** The boundary below a phase, by the name of that phase. The first phase has none. */
export type BoundaryName = "decay" | "catapult" | "divergent";

/** Boundaries in `sigma` predicted before the runs, with standard errors; null: there is none, or none was found. */
export type PredictedBoundaries = Readonly<Record<BoundaryName, Estimate | null>>;

/**
 * The boundaries that a sweep over `sigma` shows, by a monotone fit to the phases' order. Runs of phase `X` and of the
 * phases after it belong above the boundary of `X`. The boundary is the split with the fewest runs on the wrong side;
 * if several splits are equally good, it is their average. Together these splits give the order of phases that never
 * falls with `sigma` and differs from the runs' own phases by the fewest ranks in total (isotonic median regression).
 * Unclassified runs and runs with `sigma = 0` are left out.
 */
export function measuredBoundaries(
  runs: readonly { readonly sigma: number; readonly phase: Phase }[],
): Record<BoundaryName, MeasuredBoundary> {
  const ranked = runs
    .filter(({ sigma, phase }) => sigma > 0 && phase !== "unclassified")
    .map(({ sigma, phase }) => ({ sigma, rank: PHASES.indexOf(phase as (typeof PHASES)[number]) }));
  return {
    decay: boundary(ranked, PHASES.indexOf("decay")),
    catapult: boundary(ranked, PHASES.indexOf("catapult")),
    divergent: boundary(ranked, PHASES.indexOf("divergent")),
  };
}

function boundary(
  runs: readonly { sigma: number; rank: number }[],
  rank: number,
): MeasuredBoundary {
  // For each value of sigma: how many more runs are on the wrong side if the split moves from below it to above it.
  const more = new Map<number, number>();
  for (const run of runs) {
    more.set(run.sigma, (more.get(run.sigma) ?? 0) + (run.rank >= rank ? 1 : -1));
  }
  const sigmas = [...more.keys()].sort((a, b) => a - b);
  let beyond = runs.filter((run) => run.rank < rank).length;
  let fewest = Number.POSITIVE_INFINITY;
  let best: number[] = [];
  for (let i = 0; i <= sigmas.length; i++) {
    if (beyond < fewest) best = [];
    if (beyond <= fewest) best.push(i);
    fewest = Math.min(fewest, beyond);
    beyond += more.get(sigmas[i]) ?? 0;
  }
  const wrong = {
    wrongSide: runs.length > 0 ? fewest : 0,
    misplaced: runs.length > 0 ? fewest / runs.length : 0,
  };
  const inside = best.filter((i) => i > 0 && i < sigmas.length);
  if (inside.length === 0 || inside.length < best.length) {
    return { measured: null, bracket: null, ...wrong };
  }
  const bracket = [sigmas[inside[0] - 1], sigmas[inside[inside.length - 1]]] as const;
  return { measured: Math.sqrt(bracket[0] * bracket[1]), bracket, ...wrong };
}
