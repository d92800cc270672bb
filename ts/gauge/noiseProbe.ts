import type { Evidence } from "../analysis/classify.js";
import { dot, squares } from "../analysis/vectors.js";
import { InputError, shown } from "../errors/errors.js";
import type { Kernels } from "../kernels/instance.js";
import { kernelsNow } from "../kernels/kernelsNow.js";
import { type Distribution, Streams } from "../random/streams.js";
import type { Trajectory } from "../trajectory/trajectory.js";
import { type CurvatureReading, curvatureOver } from "./curvatureOver.js";
import { gaugeOf } from "./gaugeOf.js";
import type { GaugeResult } from "./gaugeResult.js";
import { NodesKernels } from "./nodesKernels.js";
import { type ProbeSettings, parseProbeOptions } from "./probeSettings.js";
import { decodeProbe, encodeProbe } from "./probeState.js";
import type { GaugeNodes, GaugeRecord } from "./record.js";
import { gaugePhase, trajectoryOf } from "./recordTrajectory.js";
import { readingOf } from "./rowReading.js";

/** The noise nodes of a probe. */
export interface NoiseProbeOptions extends GaugeNodes {
  /** Seed of noise and weights, 0 to 2^32 - 1. */
  readonly seed: number;
  /** Shape of the noise. Default `normal`. */
  readonly distribution?: Distribution;
  /**
   * Initial weights `[width, nodes]`, row-major, or the standard deviation of normal ones. Default `sqrt(2 / width)`, He's for a
   * layer with as many inputs as outputs.
   */
  readonly initial?: number | ArrayLike<number>;
  /** Number of this noise group: probes of one seed with other numbers draw other noise. Default 0. */
  readonly group?: number;
  /** Compiled kernels (`await loadKernels()`). Default: the embedded ones, compiled on the spot. */
  readonly kernels?: Kernels;
}

/** What a step told. */
export type Observation = GaugeRecord & {
  /** `eta sigma^2 h` with the step's reading `h`; the noise weights are unstable beyond 2. */
  readonly kappa: number;
};

/** Where the rows of a batch draw their noise from. */
export interface Draws {
  /** The epoch. Default: the step, so that every step draws anew. */
  readonly epoch?: number;
  /** Index of each row's sample in the data set. Default 0 to batch - 1. */
  readonly samples?: ArrayLike<number>;
}

/**
 * Noise injection nodes for a training loop of any framework (Levi et al., arXiv:2210.13599), in plain arrays. In each step the
 * loop adds `perturb(step)` to a layer's pre-activations, and gives `observe` the gradient there. It trains the noise weights by
 * plain SGD, or not at all if `learningRate` is 0: then it is a bystander. With the seed, noise group and initial weights of a
 * ninscope experiment it has that network's noise and weights to the bit, if the batch is a power of two; other batches
 * round the gradient once more.
 */
export class NoiseProbe {
  readonly #settings: ProbeSettings;
  readonly #streams: Streams;
  readonly #nodes: NodesKernels;
  readonly #start: Float32Array;
  readonly #records: GaugeRecord[] = [];
  /** The weights now, `[width, nodes]`. */
  #weights: Float32Array;
  /** The step whose noise the kernels hold, and what it added to the pre-activations: a view of their memory until the update. */
  #pending: { readonly step: number; readonly added: Float32Array } | null = null;

  /** @throws InputError for an option that it does not take. */
  constructor(options: NoiseProbeOptions) {
    const { kernels = kernelsNow(), ...rest } = options;
    this.#settings = parseProbeOptions(rest);
    this.#streams = new Streams(kernels, this.#settings.seed);
    this.#start = startOf(this.#settings, this.#streams);
    this.#weights = this.#start.slice();
    this.#nodes = new NodesKernels(kernels, this.#settings);
    this.#nodes.setWeights(this.#weights);
  }

  /**
   * Continues a probe from the bytes that `save` returned, to the bit.
   * @throws RunError if the bytes are damaged or cut short.
   */
  static resume(
    bytes: Uint8Array,
    { kernels }: Pick<NoiseProbeOptions, "kernels"> = {},
  ): NoiseProbe {
    const { settings, start, weights, records } = decodeProbe(bytes);
    const probe = new NoiseProbe({ ...settings, initial: start, kernels });
    probe.#weights = weights;
    probe.#nodes.setWeights(weights);
    probe.#records.push(...records);
    return probe;
  }

  /** The probe's whole state. A perturbation that was not observed is not part of it. */
  save(): Uint8Array<ArrayBuffer> {
    const [settings, start, weights] = [this.#settings, this.#start, this.#weights];
    return encodeProbe({ settings, start, weights, records: this.#records });
  }

  /** The noise nodes: their numbers, noise and rates. */
  get options(): GaugeNodes {
    const { width, nodes, sigma, learningRate, batch, trainingRate } = this.#settings;
    return { width, nodes, sigma, learningRate, batch, trainingRate };
  }

  /** A copy of the noise weights, `[width, nodes]`, row-major. */
  get weights(): Float32Array {
    return this.#weights.slice();
  }

  /** What all observed steps told, in their order. */
  get records(): readonly GaugeRecord[] {
    return this.#records;
  }

  /**
   * What to add to the layer's pre-activations in this step, `[batch, width]`, row-major. Subtract it instead in an antithetic pass.
   * The same step may be asked for again.
   * @throws InputError for a step that was observed, or is not above it.
   */
  perturb(step: number, { epoch = step, samples }: Draws = {}): Float32Array {
    const last = this.#records.at(-1);
    if (!Number.isSafeInteger(step) || step < 0) {
      throw new InputError("step", `step is ${shown(step)}: takes an integer of at least 0`);
    }
    if (last && step <= last.step) {
      throw new InputError(
        "step",
        `step is ${step}: takes one above ${last.step}, the last that was observed`,
      );
    }
    const { sigma } = this.#settings;
    this.#pending = null;
    this.#nodes.setNoise(this.#unitNoise(epoch, samples), sigma);
    const added = this.#nodes.perturbation();
    this.#pending = { step, added };
    return added.slice();
  }

  /**
   * Takes a step's result: reads the curvature, and trains the noise weights unless `learningRate` is 0.
   * @param gradient derivative of the batch mean loss with respect to the perturbed pre-activations, `[batch, width]`, row-major.
   * @param loss the batch mean loss; without it the phase is read from the noise weights alone.
   * @param opposite the same gradient in a second pass, with the perturbation subtracted, for the antithetic reading. It does not
   * train the noise weights.
   * @throws InputError if `perturb(step)` was not called before, or a gradient has another length or holds a number that is
   * not finite. The probe stays as it was.
   */
  observe(
    step: number,
    gradient: ArrayLike<number>,
    loss = Number.NaN,
    opposite?: ArrayLike<number>,
  ): Observation {
    const pending = this.#pending;
    if (pending?.step !== step) {
      const last = pending ? `the last perturbation is of step ${pending.step}` : "none is pending";
      throw new InputError(
        "step",
        `step is ${shown(step)}: call perturb(${shown(step)}) first; ${last}`,
      );
    }
    if (typeof loss !== "number") {
      throw new InputError("loss", `loss is ${shown(loss)}: takes a number`);
    }
    const { values: taken, size } = this.#checked("gradient", gradient);
    const { added } = pending;
    const { sigma, nodes, learningRate, batch } = this.#settings;
    const square = squares(this.#weights);
    const scale = sigma ** 2 * square;
    const byStep = readingOf(taken, added, batch, scale);
    const both =
      opposite &&
      readingOf(
        halfDifference(taken, this.#checked("opposite", opposite).values),
        added,
        batch,
        scale,
      );
    const record: GaugeRecord = {
      step,
      loss,
      norm: Math.sqrt(square),
      memory: dot(this.#weights, this.#start) / squares(this.#start),
      // |g_i|^2 / batch, averaged over the batch, is the square of the gradient of the mean loss.
      kick: learningRate * sigma * Math.sqrt(nodes * size),
      reading: byStep.value,
      readingError: byStep.error,
      antithetic: both?.value ?? Number.NaN,
      antitheticError: both?.error ?? Number.NaN,
    };
    if (learningRate > 0) {
      this.#nodes.update(taken, learningRate);
      this.#weights = this.#nodes.weights();
    }
    this.#pending = null;
    this.#records.push(record);
    const reading = both?.value ?? byStep.value;
    return { ...record, kappa: learningRate * sigma ** 2 * reading };
  }

  /** The record of all observed steps, as a run of ninscope leaves it. */
  trajectory(): Trajectory {
    return trajectoryOf(this.#records);
  }

  /**
   * The phase of training so far, with its evidence (theory, section 4).
   * @throws InputError before the first observation.
   */
  phase(): Evidence {
    return gaugePhase(this.#settings, this.#records);
  }

  /**
   * The curvature that the noise weights read: by antithetic passes where every step of the window had one, otherwise by step.
   * @param last number of observations to average over; default: all.
   * @throws InputError before the first observation, or for a window of less than one.
   */
  curvature({ last }: { readonly last?: number } = {}): CurvatureReading {
    return curvatureOver(this.#records, last);
  }

  /**
   * Everything that the observations tell, with a verdict in a sentence and alarms.
   * @throws InputError before the first observation.
   */
  gauge(): GaugeResult {
    return gaugeOf(this.#settings, this.#records);
  }

  #unitNoise(epoch: number, samples?: ArrayLike<number>): Float32Array {
    const { group, distribution, nodes, batch } = this.#settings;
    if (!Number.isSafeInteger(epoch) || epoch < 0 || epoch > 0xffffffff) {
      throw new InputError(
        "epoch",
        `epoch is ${shown(epoch)}: takes an integer from 0 to 4294967295`,
      );
    }
    const draw = (first: number, count: number) =>
      this.#streams.draw("noise", group, distribution, epoch, count, nodes, first);
    if (!samples) return draw(0, batch);
    if (samples.length !== batch) {
      throw new InputError(
        "samples",
        `samples has ${samples.length} entries: takes ${batch}, one a row of the batch`,
      );
    }
    const noise = new Float32Array(batch * nodes);
    for (let row = 0; row < batch; row++) {
      const sample = samples[row];
      if (!Number.isSafeInteger(sample) || sample < 0 || sample > 0xffffffff) {
        throw new InputError(
          "samples",
          `samples.${row} is ${shown(sample)}: takes the index of a sample`,
        );
      }
      noise.set(draw(sample, 1), row * nodes);
    }
    return noise;
  }

  /** A gradient in float32, and the sum of its squares. */
  #checked(name: string, given: ArrayLike<number>): { values: Float32Array; size: number } {
    const { batch, width } = this.#settings;
    if (given?.length !== batch * width) {
      const has =
        given?.length === undefined ? `is ${shown(given)}` : `has ${given.length} numbers`;
      throw new InputError(name, `${name} ${has}: takes ${batch} x ${width} = ${batch * width}`);
    }
    const values = given instanceof Float32Array ? given : Float32Array.from(given);
    // A sum of squares of float32 is finite unless one of them is not; it is much faster than a look at each.
    const size = squares(values);
    if (!Number.isFinite(size)) {
      const wrong = values.findIndex((x) => !Number.isFinite(x));
      throw new InputError(
        name,
        `${name}.${wrong} is ${shown(given[wrong])}: takes finite numbers; the training may have diverged`,
      );
    }
    return { values, size };
  }
}

function halfDifference(a: Float32Array, b: Float32Array): Float64Array {
  // `Float64Array.from` with a function takes ten times as long, and most of an observation.
  const out = new Float64Array(a.length);
  for (let i = 0; i < a.length; i++) out[i] = (a[i] - b[i]) / 2;
  return out;
}

/** The initial weights in float32. */
function startOf({ initial, width, nodes, group }: ProbeSettings, streams: Streams): Float32Array {
  if (typeof initial !== "number") return initial.slice();
  return streams.draw("niw", group, "normal", 0, width, nodes).map((x) => initial * x);
}
