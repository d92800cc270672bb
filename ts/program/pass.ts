import { isScheduled } from "../experiment/constantNoise.js";
import type { Activation, Epilogue, Op, Product, Region } from "./ops.js";
import type { Workspace } from "./workspace.js";

/** A forward pass over a number of samples, with its own buffers. */
export class Pass {
  readonly rows: number;
  readonly #space: Workspace;
  readonly #name: string;
  /** Whether hidden activations are dropped, which needs them as they were for the way back. */
  readonly #drops: boolean;

  /** Passes with the same name share their buffers. The constant column of each `input.l` is set once. */
  constructor(space: Workspace, name: string, rows: number, drops = false) {
    this.#drops = drops;
    this.#space = space;
    this.#name = name;
    this.rows = rows;
    space.layers.forEach(({ biasColumn }, l) => {
      if (biasColumn < 0) return;
      space.fill({ ...this.input(l), offset: biasColumn, cols: 1 }, 1 / this.#factor(l));
    });
  }

  /** `[x | 1 | eps]`, the whole input of layer l. */
  input(l: number): Region {
    return this.#space.matrix(`${this.#name}.input.${l}`, this.rows, this.#space.layers[l].columns);
  }

  /** The part of layer l's input that the layer before it (or the data) writes. */
  activations(l: number): Region {
    return { ...this.input(l), cols: this.#space.layers[l].inputs };
  }

  /** The columns of a noise group in its layer's input. */
  noiseInput(group: number): Region {
    const l = this.#space.plan.network.noise[group].layer;
    const { column, cols } = this.#space.noisePlace(group);
    return { ...this.input(l), offset: column, cols };
  }

  preactivation(l: number): Region {
    return this.#space.matrix(`${this.#name}.z.${l}`, this.rows, this.#space.layers[l].outputs);
  }

  outputs(): Region {
    const last = this.#space.layers.length - 1;
    return this.#space.matrix(`${this.#name}.outputs`, this.rows, this.#space.layers[last].outputs);
  }

  /** `dL_i/dz_i` of layer l. For the last layer it overwrites the outputs. */
  delta(l: number): Region {
    if (l === this.#space.layers.length - 1) return this.outputs();
    return this.#space.matrix(`${this.#name}.delta.${l}`, this.rows, this.#space.layers[l].outputs);
  }

  targets(): Region {
    return this.#space.matrix(`${this.#name}.targets`, this.rows, this.#space.targetCols);
  }

  gather(split: "train" | "test", index: string): Op[] {
    const { inputScale, inputShift } = this.#space.plan;
    return [
      {
        op: "gather",
        source: `${split}.inputs`,
        index,
        into: this.activations(0),
        scale: inputScale,
        shift: inputShift,
      },
      { op: "gather", source: `${split}.targets`, index, into: this.targets(), scale: 1, shift: 0 },
    ];
  }

  /** Class indices, if they are not the targets of the loss. */
  labels(): Region {
    return this.#space.labelsApart
      ? this.#space.matrix(`${this.#name}.labels`, this.rows, 1)
      : this.targets();
  }

  gatherLabels(split: "train" | "test", index: string): Op {
    const source = `${split}.labels`;
    return { op: "gather", source, index, into: this.labels(), scale: 1, shift: 0 };
  }

  /** Writes each group's noise into its columns. */
  noise(index: string): Op[] {
    const { network, ensemble } = this.#space.plan;
    const scaled = (sigma: number, l: number) => sigma / this.#factor(l);
    return this.#space.layers.flatMap(({ noiseColumns }, l) =>
      noiseColumns.map(
        ({ group, column, nodes }): Op => ({
          op: "gather",
          source: `noise.${group}`,
          index,
          into: { ...this.input(l), offset: column, cols: nodes },
          scale: ensemble
            ? ensemble.map((sigmas) => scaled(sigmas[group], l))
            : scaled(network.noise[group].sigma, l),
          shift: 0,
        }),
      ),
    );
  }

  /** Multiplies the noise of scheduled groups by their factors of the step, `schedule.g`. */
  schedules(): Op[] {
    return this.#space.plan.network.noise.flatMap((group, g): Op[] => {
      if (!isScheduled(group)) return [];
      const by = this.#space.matrix(`${this.#name}.schedule.${g}`, this.rows, group.nodes);
      const from = { source: `schedule.${g}`, index: "schedule.steps", scale: 1, shift: 0 };
      return [
        { op: "gather", ...from, into: by },
        { op: "multiply", by, into: this.noiseInput(g) },
      ];
    });
  }

  /** Adds the noise of the inputs. */
  inputNoise(index: string): Op[] {
    const { inputNoise = 0, network } = this.#space.plan;
    if (inputNoise === 0) return [];
    const into = this.#space.matrix(`${this.#name}.inputNoise`, this.rows, network.widths[0]);
    return [
      { op: "gather", source: "inputNoise", index, into, scale: inputNoise, shift: 0 },
      { op: "addScaled", from: into, into: this.activations(0), factor: 1 },
    ];
  }

  /** What the activations that lead to layer l are multiplied by: 0, or `1 / (1 - dropout)`. */
  #kept(l: number): Region {
    return this.#space.matrix(`${this.#name}.kept.${l}`, this.rows, this.#space.layers[l].inputs);
  }

  /** Gathers which activations are kept. */
  kept(index: string): Op[] {
    if (!this.#drops) return [];
    const scale = 1 / (1 - (this.#space.plan.dropout ?? 0));
    return this.#space.layers.slice(1).map((_, i): Op => {
      const source = `kept.${i + 1}`;
      return { op: "gather", source, index, into: this.#kept(i + 1), scale, shift: 0 };
    });
  }

  forward(withNoise: boolean): Op[] {
    return this.#space.layers.flatMap((_, l) => {
      const ops = this.layer(l, withNoise);
      return this.#isLast(l) ? ops : [...ops, ...this.drop(l + 1, this.activations(l + 1))];
    });
  }

  /** Applies dropout to the activations that lead to layer l, or to their tangent or gradient. */
  drop(l: number, into: Region): Op[] {
    return this.#drops && l > 0 ? [{ op: "multiply", by: this.#kept(l), into }] : [];
  }

  /** Layer l applied to its input. Without noise the product stops before the noise columns. */
  layer(l: number, withNoise: boolean): Op[] {
    const { activation } = this.#space.plan.network;
    const layer = this.#space.layers[l];
    const cols = withNoise ? layer.columns : layer.inputs + (layer.biasColumn < 0 ? 0 : 1);
    const z = this.target(l);
    const epilogue = this.#isLast(l) ? undefined : epilogueOf(activation);
    const linear = this.linear(l, { ...this.input(l), cols }, true, z);
    const product: Op = epilogue ? { ...linear, epilogue } : linear;
    const next = this.#isLast(l) ? z : this.activations(l + 1);
    return z.buffer === next.buffer
      ? [product]
      : [
          product,
          { op: "activate", activation: epilogue ? "linear" : activation, from: z, into: next },
        ];
  }

  /** Where layer l's product is stored: in the next layer's input, unless its pre-activation must be kept. */
  target(l: number): Region {
    if (this.#isLast(l)) return this.outputs();
    return this.#drops || this.#space.plan.network.activation === "gelu"
      ? this.preactivation(l)
      : this.activations(l + 1);
  }

  /**
   * `delta_{l-1} = f'(z_{l-1}) * c_l delta_l W_l`.
   * @param keep a copy of `c_l delta_l W_l`, the gradient before the factor f', is stored here.
   */
  backward(l: number, keep?: Region): Op[] {
    return this.back(l, this.delta(l), this.delta(l - 1), keep);
  }

  /** The same from and into any buffers. */
  back(l: number, from: Region, into: Region, keep?: Region): Op[] {
    return [
      this.linear(l, from, false, into),
      ...this.drop(l, into),
      ...(keep ? [copy(into, keep)] : []),
      ...this.slope(l - 1, into),
    ];
  }

  /** `into *= f'(z_l)`. */
  slope(l: number, into: Region): Op[] {
    const { activation } = this.#space.plan.network;
    if (activation === "linear") return [];
    return [{ op: "activationGradient", activation, at: this.target(l), into }];
  }

  /** `into = scale c_l from W_l^T` upward, `scale c_l from W_l` downward. */
  linear(l: number, from: Region, up: boolean, into: Region, scale = 1): Product {
    return {
      op: "product",
      a: from,
      transposeA: false,
      b: { ...this.#space.weights(l), cols: (up ? from : into).cols },
      transposeB: up,
      c: into,
      alpha: scale * this.#factor(l),
      beta: 0,
    };
  }

  #isLast(l: number): boolean {
    return l === this.#space.layers.length - 1;
  }

  #factor(l: number): number {
    return this.#space.plan.network.factors[l];
  }
}

export function copy(from: Region, into: Region): Op {
  return { op: "activate", activation: "linear", from, into };
}

/** `into = alpha a^T b + beta into`, a sum over samples such as the gradient of a weight. */
export function outer(a: Region, b: Region, into: Region, alpha: number, beta: number): Op {
  return { op: "product", a, transposeA: true, b, transposeB: false, c: into, alpha, beta };
}

function epilogueOf(activation: Activation): Epilogue | undefined {
  return activation === "relu" || activation === "tanh" ? activation : undefined;
}
