import { type CurvatureReading, curvatureOver } from "../../ts/gauge/curvatureOver.js";
import { NoiseProbe } from "../../ts/gauge/noiseProbe.js";
import { SmoothNetwork } from "./smoothNetwork.js";

/** A reading of a frozen network, beside the exact curvature of its batch. */
export interface CoverageCase {
  /** `tr(W^T <H> W) / |W|^2` of the batch. */
  readonly exact: number;
  /** By all antithetic passes. */
  readonly antithetic: CurvatureReading;
  /** By the first eight. */
  readonly eight: CurvatureReading;
  /** By the first alone: its error is that over the samples. */
  readonly one: CurvatureReading;
  /** By step, from the same noise. */
  readonly step: CurvatureReading;
  /** What the higher orders add to the antithetic reading. */
  readonly bias: number;
}

const WIDTHS = [
  [6, 10, 8, 4],
  [5, 12, 3],
  [8, 9, 9, 9, 5],
];
const NODES = [1, 2, 4];
const BATCHES = [16, 32];
/** Root mean square length of the noise's shifts of the layer's vector of pre-activations. */
const REACH = 0.02;

/**
 * Reads case `k` by antithetic passes with `learningRate` 0 on a fixed batch: another network, layer, number of nodes, noise and weights
 * in each case.
 *
 * The higher orders add a part of the order `REACH^2` to the reading. `bias` measures it: the same noise at twice the reach has
 * four times the bias, and with common noise a few passes tell the difference.
 */
export function coverageCase(k: number, passes: number): CoverageCase {
  const widths = WIDTHS[k % WIDTHS.length];
  const batch = BATCHES[k % BATCHES.length];
  const network = new SmoothNetwork({ widths, batch, seed: k, gain: 0.6 + (k % 7) * 0.2 });
  const layer = k % (widths.length - 1);
  const nodes = NODES[Math.floor(k / 3) % NODES.length];
  const width = widths[layer + 1];
  const { weights } = probeOf({ width, nodes, batch, seed: k }, 1);
  const length = Math.hypot(...weights);
  const z = network.preactivations(layer);
  const read = (reach: number, count: number) => {
    const probe = probeOf({ width, nodes, batch, seed: k }, reach / length);
    for (let step = 0; step < count; step++) {
      const added = probe.perturb(step);
      const at = (sign: number) =>
        network.gradient(
          layer,
          z.map((x, i) => x + sign * added[i]),
        );
      probe.observe(step, at(1), Number.NaN, at(-1));
    }
    return probe;
  };
  const probe = read(REACH, passes);
  const some = Math.ceil(passes / 10);
  const far = read(2 * REACH, some).curvature().value;
  const near = curvatureOver(probe.records.slice(0, some)).value;
  const { records } = probe;
  return {
    exact: network.form(layer, weights, nodes),
    antithetic: probe.curvature(),
    eight: curvatureOver(records.slice(0, 8)),
    one: curvatureOver(records.slice(0, 1)),
    step: curvatureOver(records.map((record) => ({ ...record, antithetic: Number.NaN }))),
    bias: (far - near) / 3,
  };
}

function probeOf(
  sizes: { width: number; nodes: number; batch: number; seed: number },
  sigma: number,
): NoiseProbe {
  return new NoiseProbe({ ...sizes, sigma, learningRate: 0 });
}

/** Errors by which a reading is off. */
export function errorsOff({ value, error }: CurvatureReading, exact: number): number {
  return (value - exact) / error;
}

/** Whether the 95 % interval, value ± 1.96 errors, holds the exact value. */
export function covers(reading: CurvatureReading, exact: number): boolean {
  return Math.abs(errorsOff(reading, exact)) <= 1.96;
}
