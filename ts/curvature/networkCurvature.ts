import type { Estimate } from "../analysis/estimate.js";
import type { Machine } from "../backend/machine.js";
import { checkDataset } from "../data/checkDataset.js";
import type { Dataset } from "../data/dataset.js";
import { InputError, RunError, shown } from "../errors/errors.js";
import type { CurvatureKind } from "../program/curvature.js";
import type { Network } from "../program/network.js";
import type { Streams } from "../random/streams.js";
import type { Parameters } from "../train/parameters.js";
import { CurvatureProbe } from "./curvatureProbe.js";
import {
  hutchinsonTrace,
  leadingEigenvalues,
  localDensity,
  smoothedCurvatures,
  smoothedMaximum,
} from "./hessian.js";
import { type WeightCurvature, weightCurvature } from "./weightCurvature.js";

/** The curvature readings of a network that is not trained here. */
export interface NetworkCurvature extends WeightCurvature {
  /** Weight layer whose pre-activations were probed, counted from 0. */
  readonly layer: number;
  /** Number of its pre-activations. */
  readonly units: number;
  /** Training samples that were averaged over. */
  readonly samples: number;
  /** Mean loss over them. */
  readonly loss: number;
  /** Which curvature `eigenvalues` describe. */
  readonly kind: CurvatureKind;
  /**
   * For `pointwise`: the largest eigenvalues of the mean local Hessian in descending order, with bounds on their
   * errors. For `smoothed`: the curvature of the loss smoothed over `reach`, along the same eigenvectors in the same
   * order.
   */
  readonly eigenvalues: readonly Estimate[];
  /** Trace of the pointwise mean local Hessian, estimated with random vectors (Hutchinson). */
  readonly trace: Estimate;
  /** Density of all eigenvalues of the pointwise mean local Hessian. */
  readonly density: {
    /** Curvatures at which the density is given. */
    readonly points: readonly number[];
    /** Density at these points; its integral is 1. */
    readonly density: readonly number[];
  };
  /** Root mean square length of the shifts that the probing noise makes to the layer's vector of pre-activations. */
  readonly reach: number;
  /** Largest curvature of the loss smoothed over that reach. */
  readonly smoothedMax: number;
}

/** What to read of a network, and how. */
export interface CurvatureReadingOptions {
  /** Weight layer, counted from 0, whose pre-activations are probed. */
  readonly layer: number;
  /** Which curvature the eigenvalues describe (theory, section 2, "Kinks"); default `pointwise`. */
  readonly kind?: CurvatureKind;
  /** Number of eigenvalues; default 10, or all if the layer has fewer units. */
  readonly eigenvalues?: number;
  /** Number of training samples, from the first on; default 1,000, or all if there are fewer. */
  readonly samples?: number;
  /** Number of probing noise nodes; default 32. */
  readonly nodes?: number;
  /** Root mean square length of the noise's shifts of the layer's vector of pre-activations; default 0.1. */
  readonly reach?: number;
  /** Number of antithetic passes; default 8. */
  readonly repeats?: number;
  /** Aborts the reading; it then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

const MOST_NODES = 65_536;

/**
 * Probes one layer of a network with noise nodes of random weights, scaled so that the noise's shifts have the root
 * mean square length `reach`. The antithetic reading then estimates `tr<H> / units`; more nodes make it more precise.
 * @throws InputError if network and data do not match, there is no such layer, or an option is out of range; RunError
 * if the loss or its curvature is not finite.
 */
export async function networkCurvature(
  machine: Machine,
  { network, parameters }: { network: Network; parameters: Parameters },
  data: Dataset,
  streams: Streams,
  options: CurvatureReadingOptions,
): Promise<NetworkCurvature> {
  const { layer, nodes = 32, reach = 0.1, repeats = 8, signal } = options;
  const units = network.widths[layer + 1] ?? 1;
  const { kind = "pointwise", eigenvalues: count = Math.min(10, units) } = options;
  if (kind !== "pointwise" && kind !== "smoothed") {
    throw new InputError("kind", `kind is ${shown(kind)}: takes "pointwise" or "smoothed"`);
  }
  if (!Number.isInteger(count) || count < 1 || count > units) {
    throw new InputError(
      "eigenvalues",
      `eigenvalues is ${shown(count)}: takes an integer from 1 to the ${units} units of the layer`,
    );
  }
  checkDataset(data);
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > MOST_NODES) {
    throw new InputError("nodes", `nodes is ${nodes}: takes an integer from 1 to ${MOST_NODES}`);
  }
  if (!(reach > 0 && Number.isFinite(reach))) {
    throw new InputError("reach", `reach is ${reach}: takes a number above 0`);
  }
  const samples = options.samples ?? Math.min(1000, data.train.rows);
  const probe = await CurvatureProbe.open(machine, network, layer, data, {
    samples,
    nodes: Math.max(32, nodes),
    signal,
  });
  try {
    probe.load(parameters);
    const { loss } = await probe.gradient();
    if (!Number.isFinite(loss)) {
      throw new RunError(
        `the mean loss is ${loss} at these weights: they have diverged, and there is no curvature to read`,
      );
    }
    const { points, density } = await localDensity(probe, streams);
    const top = await leadingEigenvalues(probe, streams);
    const values = top.values.slice(0, count);
    const random = streams.draw("probe", 4, "normal", 0, probe.width, nodes);
    const scale = 1 / Math.sqrt(probe.width * nodes);
    const niw = Float64Array.from(random, (x) => x * scale);
    const shift = { sigma: reach, distribution: "normal", repeats } as const;
    const found = {
      ...(await weightCurvature(probe, niw, streams, shift)),
      layer,
      units: probe.width,
      samples,
      loss,
      kind,
      eigenvalues:
        kind === "pointwise" ? values : await smoothedAlong(probe, values, top.vectors, reach),
      trace: await hutchinsonTrace(probe, streams),
      density: { points: [...points], density: [...density] },
      reach,
      smoothedMax: (await smoothedMaximum(probe, top.vectors.slice(0, probe.width), reach)).value,
    };
    const { pointwise, smoothed, antithetic, smoothedMax } = found;
    if ([pointwise, smoothed, antithetic.value, smoothedMax].every(Number.isFinite)) return found;
    throw new RunError(
      `the loss is not finite at shifts of ${reach} from these weights: they have diverged`,
    );
  } finally {
    probe.dispose();
  }
}

/** The smoothed curvature along the eigenvectors of the pointwise one, with the errors of these vectors. */
async function smoothedAlong(
  probe: CurvatureProbe,
  values: readonly Estimate[],
  vectors: Float64Array,
  reach: number,
): Promise<Estimate[]> {
  const own = {
    values: Float64Array.from(values, ({ value }) => value),
    vectors: vectors.subarray(0, values.length * probe.width),
  };
  const smoothed = await smoothedCurvatures(probe, own, reach);
  return values.map(({ error }, k) => ({ value: smoothed[k], error }));
}
