import { onset } from "../forecast/onset.js";
import { runExperiment } from "../train/experimentRun.js";
import type { Prepared } from "../train/prepare.js";

/** The values of `sigma` between which training begins to diverge. */
export interface DivergentBracket {
  /** The largest `sigma` whose short run did not diverge; null if all did. */
  readonly below: number | null;
  /** The least `sigma` whose short run diverged; null if none did. */
  readonly above: number | null;
  /** Updates of each short run. */
  readonly steps: number;
  /** Number of short runs. */
  readonly runs: number;
}

/** Epochs of a short run, and its smallest number of updates. */
const EPOCHS = 5;
const LEAST_STEPS = 100;
/** The search fails when `sigma` is this factor away from its start. */
const FARTHEST = 64;
/** The search ends when the ends of the bracket differ by at most this factor. */
const PRECISION = 1.2;

/**
 * Brackets `sigma_divergent`, for which there is no general formula, by short runs (theory, section 4): doubling `sigma`
 * from `from` until a run diverges (or halving it until one does not), then halving the bracket on a logarithmic scale.
 */
export async function divergentBracket(
  prepared: Prepared,
  from: number,
  signal?: AbortSignal,
): Promise<DivergentBracket> {
  const { experiment, schedule } = prepared;
  const [group, ...others] = experiment.noise;
  const steps = Math.min(schedule.steps, Math.max(EPOCHS * schedule.stepsPerEpoch, LEAST_STEPS));
  let runs = 0;
  const diverges = async (sigma: number) => {
    runs++;
    const { epochs: _, ...rest } = experiment;
    const short = { ...rest, steps, noise: [{ ...group, sigma }, ...others] };
    const { phase } = await runExperiment(prepared.variant(short), { signal });
    return phase === "divergent";
  };

  const search = { from, stride: 2, farthest: FARTHEST, precision: PRECISION };
  return { ...(await onset({ ...search, beyond: diverges })), steps, runs };
}
