import { PHASES, type Phase } from "./phase.js";

/** Where, in `sigma`, one phase gives way to the next. */
export interface MeasuredBoundary {
  /** The geometric middle of `bracket`; null if the sweep does not cross the boundary. */
  readonly measured: number | null;
  /** The two neighbouring values of `sigma` between which the split lies. */
  readonly bracket: readonly [number, number] | null;
  /** Fraction of the runs that lie on the wrong side of it: seeds blur a boundary. */
  readonly misplaced: number;
}

export type BoundaryName = "decay" | "catapult" | "divergent";

/**
 * The boundaries that a sweep over `sigma` shows. Each is the split that puts the fewest runs on the wrong
 * side, `X` and the phases above it belonging above the boundary of `X`; equal splits are averaged.
 * Unclassified runs and `sigma = 0` are left out.
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
  const sigmas = [...new Set(runs.map(({ sigma }) => sigma))].sort((a, b) => a - b);
  let fewest = Number.POSITIVE_INFINITY;
  let best: number[] = [];
  for (let i = 0; i <= sigmas.length; i++) {
    const wrong = runs.filter(
      (run) => run.rank >= rank !== (i < sigmas.length && run.sigma >= sigmas[i]),
    );
    if (wrong.length > fewest) continue;
    if (wrong.length < fewest) best = [];
    fewest = wrong.length;
    best.push(i);
  }
  const misplaced = runs.length > 0 ? fewest / runs.length : 0;
  const inside = best.filter((i) => i > 0 && i < sigmas.length);
  if (inside.length === 0 || inside.length < best.length) {
    return { measured: null, bracket: null, misplaced };
  }
  const bracket = [sigmas[inside[0] - 1], sigmas[inside[inside.length - 1]]] as const;
  return { measured: Math.sqrt(bracket[0] * bracket[1]), bracket, misplaced };
}
