import { InputError, RunError } from "../errors/errors.js";
import { parseExperiment } from "../experiment/parse.js";
import type { Experiment, ExperimentInput, NoiseInput } from "../experiment/schema.js";
import { type ForecastOptions, forecast } from "./forecast.js";
import type { Forecast } from "./forecastResult.js";

/**
 * Noise nodes as a regulariser (Levi et al., arXiv:2210.15764): on the first layer, where they are columns of the input, or on
 * all layers with hidden units.
 */
export type NinrPreset = "ninr" | "ninr-full";
/** All presets. */
export const NINR_PRESETS: readonly NinrPreset[] = ["ninr", "ninr-full"];

/** Nodes of a preset's groups, where the experiment's own first group names no number. */
export const NINR_NODES = 32;
/** Without a catapult, `sigma` is so many times that of the decay's onset. */
const DEEP = 3;
/** Largest part of the lower end of the catapult's interval that `sigma` may be. */
const BELOW = 0.8;

/** A `sigma` that a forecast gives, and how. */
export interface NinrSigma {
  /** Root mean square of the noise. */
  readonly sigma: number;
  /** The rule that gave it, in words. */
  readonly why: string;
}

/** An experiment with noise nodes as a regulariser. */
export interface Ninr extends NinrSigma {
  /** The experiment, with the noise groups of the preset. */
  readonly experiment: Experiment;
  /** The forecast that gave `sigma`. */
  readonly forecast: Forecast;
}

/** Options of `ninr`. */
export interface NinrOptions extends ForecastOptions {
  /** `ninr` (default): nodes on the first layer; `ninr-full`: on all layers with hidden units. */
  readonly preset?: NinrPreset;
}

/**
 * Puts noise nodes as a regulariser into an experiment, with a `sigma` deep in the decay phase and below the catapult. The rule
 * takes a forecast, not a search over accuracies. The experiment's own first noise group gives nodes, distribution, mode, scale and
 * schedule; its layer and `sigma` do not matter.
 * @throws InputError as `train` does, and for an unknown preset; RunError if the forecast finds no decay.
 */
export async function ninr(input: ExperimentInput, options: NinrOptions = {}): Promise<Ninr> {
  const { preset = "ninr", ...rest } = options;
  const layered = parseExperiment(withPreset(input, preset));
  const found = await forecast(layered, rest);
  const rule = ninrSigma(found);
  const noise = layered.noise.map((group) => ({ ...group, sigma: rule.sigma }));
  return { ...rule, experiment: { ...layered, noise }, forecast: found };
}

function withPreset(input: ExperimentInput, preset: NinrPreset): ExperimentInput {
  if (!NINR_PRESETS.includes(preset)) {
    const names = NINR_PRESETS.map((name) => `"${name}"`).join(", ");
    throw new InputError("preset", `preset is ${JSON.stringify(preset)}: takes one of ${names}`);
  }
  const { layer: _, sigma: __, ...own }: NoiseInput = input.noise?.[0] ?? {};
  const layer = preset === "ninr" ? 0 : "hidden";
  const { nodes = NINR_NODES } = own;
  // The nodes' noise adds up to that of one node, so more of them bring the catapult no nearer.
  const scale = 1 / Math.sqrt(nodes);
  return { ...input, noise: [{ nodes, scale, ...own, layer }] };
}

/**
 * The `sigma` half way, on a logarithmic scale, from the decay to the next boundary (catapult, outward or divergence), and at most 0.8
 * of the lower end of that boundary's interval. Without a next boundary it is three times the decay's.
 * @throws RunError if the forecast has no decay, or one too close to that boundary.
 */
export function ninrSigma({ boundaries, outward }: Forecast): NinrSigma {
  const { decay, catapult, divergent } = boundaries;
  if (!decay) {
    throw new RunError(
      "the forecast finds no decay phase: noise of no strength decays in this run; take more epochs or a larger learning rate",
    );
  }
  const next = [
    ["the catapult", catapult] as const,
    ["the outward boundary", outward] as const,
    ["divergence", divergent] as const,
  ].find(([, boundary]) => boundary !== null);
  const deep = DEEP * decay.value;
  if (!next?.[1]) return { sigma: deep, why: `${DEEP} times the decay's onset` };
  const [name, { value, low }] = next;
  if (BELOW * low <= decay.value) {
    throw new RunError(
      `the forecast finds no sigma deep in the decay phase: it begins at ${decay.value.toPrecision(3)}, and ${name} may begin at ${low.toPrecision(3)}; take more epochs`,
    );
  }
  const middle = Math.sqrt(decay.value * value);
  return middle <= BELOW * low
    ? { sigma: middle, why: `half way, on a logarithmic scale, from the decay's onset to ${name}` }
    : { sigma: BELOW * low, why: `${BELOW} of the lower end of ${name}'s interval` };
}
