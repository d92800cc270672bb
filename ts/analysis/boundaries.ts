import { PHASES, type Phase } from "./phase.js";

/** Where, in `sigma`, one phase gives way to the next. */
export interface MeasuredBoundary {
  /** The geometric middle of `bracket`; null if the sweep does not cross the boundary. */
  readonly measured: number | null;
  /** The two neighbouring values of `sigma` between which the split lies. */
  readonly bracket: readonly [number, number] | null;
  /** How many runs lie on the wrong side of it: seeds blur a boundary. */
  readonly wrongSide: number;
  /** The same as a fraction of the runs that have a say. */
  readonly misplaced: number;
}

/** The boundary below each phase but the first, by the name of the phase above it. */
export type BoundaryName = "decay" | "catapult" | "divergent";

/**
 * The boundaries that a sweep over `sigma` shows: a monotone fit over the phases' order. Each boundary is the split that
 * puts the fewest runs on the wrong side, `X` and the phases above it belonging above the boundary of `X`; equal splits are
 * averaged. Together these splits are the order of phases that never falls with `sigma` and misses the runs' own phases by
 * the fewest ranks in all (isotonic median regression). Unclassified runs and `sigma = 0` are left out.
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
  // How many more runs are on the wrong side once the split lies above a value than below it.
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
