import { isScheduled } from "../experiment/constantNoise.js";
import { type LayerLayout, layouts, type Network } from "./network.js";
import type { BufferSpec, Region } from "./ops.js";

/** A training run, as input to lowering. */
export interface Plan {
  readonly network: Network;
  readonly learningRate: number;
  readonly momentum: number;
  readonly weightDecay: number;
  /** Probability with which a step sets a hidden activation to 0; default 0. */
  readonly dropout?: number;
  /** Standard deviation of the noise that a step adds to the inputs; default 0. */
  readonly inputNoise?: number;
  /** Strength of the penalty on the Jacobian of the outputs with respect to the inputs; default 0. */
  readonly jacobian?: number;
  /** Samples per step. */
  readonly batch: number;
  readonly trainRows: number;
  readonly testRows: number;
  /** The unperturbed training loss is evaluated on this many samples, from the first on. */
  readonly evaluateRows: number;
  /** Whether the targets are classes, so that accuracy is counted. */
  readonly classes: boolean;
  /** The type in which inputs are stored. The network sees `inputScale * stored + inputShift`. */
  readonly inputType: "float" | "byte";
  readonly inputScale: number;
  readonly inputShift: number;
  /**
   * Runs that are made at once, each given by the `sigma` of its noise groups. They share data, order and unit noise,
   * and have their own weights. Default: one run, with the network's sigmas.
   */
  readonly ensemble?: readonly (readonly number[])[];
}

/** The buffers of a program during lowering, and the matrices in them. */
export class Workspace {
  readonly plan: Plan;
  readonly layers: readonly LayerLayout[];
  /** Numbers per stored target. A class index is one number. */
  readonly targetCols: number;
  readonly buffers: Record<string, BufferSpec> = {};
  readonly fills: { region: Region; value: number }[] = [];

  constructor(plan: Plan) {
    this.plan = plan;
    this.layers = layouts(plan.network);
    this.targetCols =
      plan.network.loss === "cross-entropy" ? 1 : this.layers[this.layers.length - 1].outputs;
    this.#declareData();
  }

  /** Whether the loss has other targets (one-hot vectors) than the labels by which correct answers are counted. */
  get labelsApart(): boolean {
    return this.plan.classes && this.plan.network.loss === "mse";
  }

  /** All of layer l's weights, `[W | b | W_NI]`. */
  weights(l: number): Region {
    const { outputs, columns } = this.layers[l];
    return { buffer: `weights.${l}`, offset: 0, rows: outputs, cols: columns, stride: columns };
  }

  /** The noise weights of a group, as a part of their layer's weights. */
  niw(group: number): Region {
    const l = this.plan.network.noise[group].layer;
    const { column, cols } = this.noisePlace(group);
    return { ...this.weights(l), offset: column, cols };
  }

  /** The columns of a group in its layer's weights and input. */
  noisePlace(group: number): { readonly column: number; readonly cols: number } {
    const l = this.plan.network.noise[group].layer;
    const place = this.layers[l].noiseColumns.find((n) => n.group === group);
    if (!place) throw new Error(`layer ${l} has no noise group ${group}`);
    return { column: place.column, cols: place.nodes };
  }

  /** The initial noise weights of a group. */
  niwStart(group: number): Region {
    const { rows, cols } = this.niw(group);
    return this.matrix(`start.niw.${group}`, rows, cols);
  }

  /** A matrix in its own buffer. Calls with the same name share the buffer, which is as long as the longest matrix. */
  matrix(buffer: string, rows: number, cols: number): Region {
    const length = Math.max(this.buffers[buffer]?.length ?? 0, rows * cols);
    this.buffers[buffer] = { type: "float", length };
    return { buffer, offset: 0, rows, cols, stride: cols };
  }

  indices(buffer: string, length: number): string {
    this.buffers[buffer] = { type: "index", length, shared: true };
    return buffer;
  }

  /** Sets part of a buffer before the first pass. */
  fill(region: Region, value: number): void {
    const done = ({ region: old }: { region: Region }) =>
      old.buffer === region.buffer && old.offset === region.offset && old.rows >= region.rows;
    if (!this.fills.some(done)) this.fills.push({ region, value });
  }

  #declareData(): void {
    const { network, batch, trainRows, testRows, inputType, momentum } = this.plan;
    for (const [split, rows] of Object.entries({ train: trainRows, test: testRows })) {
      if (rows === 0) continue;
      const length = rows * network.widths[0];
      this.buffers[`${split}.inputs`] = { type: inputType, length, shared: true };
      this.#shared(`${split}.targets`, rows * this.targetCols);
      if (this.labelsApart) this.#shared(`${split}.labels`, rows);
      this.indices(`identity.${split}`, rows);
    }
    this.indices("order", trainRows);
    network.noise.forEach((group, g) => {
      this.#shared(`noise.${g}`, trainRows * group.nodes);
      if (!isScheduled(group)) return;
      this.matrix(`schedule.${g}`, Math.floor(trainRows / batch), group.nodes);
      this.indices("schedule.steps", trainRows);
    });
    const { dropout = 0, inputNoise = 0, jacobian = 0 } = this.plan;
    if (inputNoise > 0) this.#shared("inputNoise", trainRows * network.widths[0]);
    if (jacobian > 0) this.#shared("directions", trainRows * (network.widths.at(-1) as number));
    this.layers.forEach(({ inputs }, l) => {
      if (l === 0 || dropout === 0) return;
      this.buffers[`kept.${l}`] = { type: "byte", length: trainRows * inputs, shared: true };
    });
    this.layers.forEach(({ outputs, columns }, l) => {
      this.matrix(`weights.${l}`, outputs, columns);
      if (momentum > 0) this.matrix(`velocity.${l}`, outputs, columns);
    });
  }

  #shared(buffer: string, length: number): void {
    this.buffers[buffer] = { type: "float", length, shared: true };
  }
}
