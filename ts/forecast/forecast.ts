import { overshootOf } from "../analysis/classify.js";
import { InputError, shown } from "../errors/errors.js";
import { constantNoiseSupposed } from "../experiment/constantNoise.js";
import { parseExperiment } from "../experiment/parse.js";
import type { Experiment, ExperimentInput } from "../experiment/schema.js";
import { isReducible, recursionPrediction } from "../linear/linearPrediction.js";
import { Prepared, type PrepareOptions, prepare } from "../train/prepare.js";
import { phaseScales } from "../train/record/phaseScales.js";
import { decayOnset } from "./decayOnset.js";
import type { Forecast, ForecastBoundary } from "./forecastResult.js";
import { type ClosedBracket, closed, onset } from "./onset.js";
import { ShortRuns } from "./shortRuns.js";
import { GainProbe, OVERSHOOTING } from "./stepGain.js";

export interface ForecastOptions extends PrepareOptions {
  /**
   * `sweep` (default) makes about as many updates as two runs. `run` makes fewer than one run of 1,000 updates or more has, and
   * its intervals are wider.
   */
  readonly effort?: "sweep" | "run";
}

/** A catapult overshoots within its first updates; `bench/forecast.mjs` compares what so many show with whole runs. */
const FIRST_STEPS = 24;
/** Part of the run that shows whether it diverges, and updates at least. */
const DIVERGING = { part: 12, least: 48 };
/** Values of `sigma` at which the gain is told. */
const GAINS = 8;
/**
 * Where to look for the decay first: so far below the overshoot, or below the first guess where nothing overshoots. The search starts
 * low because a saturating network forgets less again far above the onset.
 */
const DECAY_BELOW = { overshoot: 8, guess: 40 };

/** Widths of the brackets of overshoot and divergence, as ratios, and whether a whole run measures the memory. */
const EFFORTS = {
  sweep: { overshoot: 1.07, divergent: 1.2, whole: true },
  run: { overshoot: 1.15, divergent: 1.4, whole: false },
} as const;

/**
 * Forecasts where an experiment's phases change with `sigma` (theory, section 4): the catapult where the first updates
 * overshoot, beginning where the step map's gain passes 1.21; divergence by short runs; the decay from the memory. The
 * linear model's boundaries come from its exact recursion. The experiment's own `sigma` does not matter.
 * @throws InputError as `train`, and for an experiment without noise groups.
 */
export async function forecast(
  input: ExperimentInput,
  options: ForecastOptions = {},
): Promise<Forecast> {
  const begun = performance.now();
  const experiment = parseExperiment(input);
  checkEffort(options.effort);
  const prepared = await prepare(forecastable(experiment), options);
  try {
    const found = await forecastPrepared(prepared, options);
    const cost = { ...found.cost, seconds: (performance.now() - begun) / 1000 };
    return { ...found, cost, supposes: constantNoiseSupposed(experiment) };
  } finally {
    prepared.dispose();
  }
}

function checkEffort(effort: ForecastOptions["effort"]): void {
  if (effort === undefined || effort === "sweep" || effort === "run") return;
  throw new InputError("effort", `effort is ${shown(effort)}: takes one of "sweep", "run"`);
}

/** As `forecast`, for a prepared experiment, which stays open. */
export async function forecastPrepared(
  { experiment: given, kernels, data, dataKey, machine, why }: Prepared,
  options: Pick<ForecastOptions, "signal" | "effort">,
): Promise<Forecast> {
  const begun = performance.now();
  const experiment = forecastable(given);
  // Test samples would be evaluated for nothing.
  const host = { kernels, dataKey, machine, why, data: { ...data, test: null } };
  const prepared = new Prepared(experiment, host);
  try {
    // The recursion holds only for data that the experiment generates.
    const found =
      dataKey === null && isReducible(experiment)
        ? exact(prepared)
        : await byShortRuns(prepared, options);
    const cost = { ...found.cost, seconds: (performance.now() - begun) / 1000 };
    return { ...found, cost, supposes: constantNoiseSupposed(given) };
  } finally {
    prepared.dispose();
  }
}

/** The experiment with some noise in all its groups, without their schedules: boundaries are those of constant noise. */
function forecastable(experiment: Experiment): Experiment {
  if (experiment.noise.length === 0) {
    throw new InputError(
      "noise",
      "noise is empty: a forecast says what noise nodes' weights will do",
    );
  }
  const noise = experiment.noise.map(({ schedule: _, ...group }) => ({ ...group, sigma: 1 }));
  return { ...experiment, noise };
}

type Found = Omit<Forecast, "supposes">;

function exact({ experiment, kernels }: Prepared): Found {
  const { decay, catapult, divergent } = recursionPrediction(experiment, kernels);
  const sharp = (value: number) => ({ value, low: value, high: value });
  return {
    boundaries: { decay: sharp(decay), catapult: sharp(catapult), divergent: sharp(divergent) },
    ...{ outward: null, gains: [], memories: [], method: "recursion" },
    cost: { steps: 0, seconds: 0, gradientPasses: 0 },
  };
}

async function byShortRuns(
  prepared: Prepared,
  { signal, effort = "sweep" }: Pick<ForecastOptions, "signal" | "effort">,
): Promise<Found> {
  const widths = EFFORTS[effort];
  const probe = await GainProbe.open(prepared, signal);
  const runs = new ShortRuns(prepared, signal);
  const guess = await gainOnset(probe);
  const first = Math.min(FIRST_STEPS, runs.whole);
  const overshoot = closed(
    await onset({
      beyond: async (sigma) => overshootOf((await runs.at(sigma, first)).evidence) > 0,
      ...{ from: guess, stride: 1.4, farthest: 64, precision: widths.overshoot },
    }),
  );
  const { saturation = 0 } = phaseScales(prepared.plan, prepared.data, prepared.inputs);
  const outward = overshoot !== null && saturation > 0 && (await staysOut(runs, overshoot));
  const { part, least } = DIVERGING;
  const long = Math.min(runs.whole, Math.max(least, Math.ceil(runs.whole / part)));
  const divergent = closed(
    await onset({
      beyond: async (sigma) => (await runs.at(sigma, long)).evidence.phase === "divergent",
      ...{ from: 1.6 * (overshoot?.above ?? guess), stride: 1.6, farthest: 16 },
      precision: widths.divergent,
    }),
  );
  const ceiling = overshoot?.above ?? divergent?.above ?? Number.POSITIVE_INFINITY;
  const decay = await decayOnset(
    runs,
    overshoot ? overshoot.below / DECAY_BELOW.overshoot : guess / DECAY_BELOW.guess,
    ceiling,
    widths.whole,
  );
  const gains = await probe.over(guess / 10, 2 * guess, GAINS);
  const catapult = overshoot && boundaryOf(overshoot, 0.08);
  return {
    boundaries: {
      decay: decay.boundary,
      catapult: outward ? null : catapult,
      divergent: divergent && notBelow(boundaryOf(divergent, 0.3), catapult),
    },
    outward: outward ? catapult : null,
    gains,
    memories: decay.memories,
    cost: {
      steps: runs.steps,
      seconds: 0,
      gradientPasses: runs.steps + Math.ceil(probe.passes / prepared.plan.batch),
    },
    method: "short runs",
  };
}

/** The `sigma` at which the gain of the first step passes what counts as an overshoot, to a factor 2; 1 if it never does. */
async function gainOnset(probe: GainProbe): Promise<number> {
  let sigma = 1;
  const passes = async (at: number) => (await probe.at(at, 1)).gain > OVERSHOOTING;
  const up = !(await passes(sigma));
  for (let i = 0; i < 12; i++) {
    const next = up ? 2 * sigma : sigma / 2;
    if ((await passes(next)) === up) return Math.sqrt(sigma * next);
    sigma = next;
  }
  return 1;
}

/** Whether noise weights that overshoot stay above their start, because the noise saturates the units that it moves. */
async function staysOut(runs: ShortRuns, { above }: ClosedBracket): Promise<boolean> {
  const part = Math.min(runs.whole, Math.max(2 * FIRST_STEPS, Math.ceil(runs.whole / 4)));
  const { evidence } = await runs.at(1.1 * above, part);
  return evidence.phase === "unclassified" && evidence.niwEnd > evidence.niwStart;
}

/** Moves divergence up to the overshoot: the loss of a short run may still be high on its way back. */
function notBelow(found: ForecastBoundary, overshoot: ForecastBoundary | null): ForecastBoundary {
  if (!overshoot || found.value > overshoot.value) return found;
  return {
    value: overshoot.value,
    low: Math.max(found.low, overshoot.low),
    high: Math.max(found.high, overshoot.high * Math.exp(0.3)),
  };
}

/** @param beside relative half width of the interval beside the bracket's own. */
function boundaryOf({ below, above }: ClosedBracket, beside: number): ForecastBoundary {
  return {
    value: Math.sqrt(below * above),
    low: below * Math.exp(-beside),
    high: above * Math.exp(beside),
  };
}
