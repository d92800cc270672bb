import type { Network } from "./network.js";
import type { Op, OpList, Program, Region } from "./ops.js";
import { Pass } from "./pass.js";
import { type Plan, Workspace } from "./workspace.js";

/** A measurement of the loss' local curvature, as lowering sees it. */
export interface CurvaturePlan {
  /** Its network has no noise nodes of its own: those of the probe are all there are. */
  readonly plan: Plan;
  /** Weight layer whose pre-activations are probed. */
  readonly layer: number;
  /** Probing nodes: columns of `niw`. */
  readonly nodes: number;
}

/** Two curvatures that agree where activations are smooth (theory, section 2, "Kinks"). */
export type CurvatureKind = "pointwise" | "smoothed";

export interface LoweredCurvature {
  readonly program: Program;
  /** The samples in parts: whole chunks, then the rest. Lists of a part end in its suffix. */
  readonly parts: readonly {
    readonly suffix: string;
    readonly rows: number;
    readonly passes: number;
  }[];
}

/** Samples that are taken at a time. */
const CHUNK = 1024;

/**
 * Lowers the probe of one layer: `H_i = d2L_i/dz_i2` met with perturbations `V eps_i` of the pre-activations, all
 * samples without other noise. Each `eps_i` is one of the `nodes` unit vectors, the same for all samples
 * (lists `*.direction`, pass k takes direction k), or unit noise (`*.noise`).
 *
 * `base` runs the network over a chunk (its step number), adds to `gradient` and leaves the chunk to the others:
 * - `moments` adds `<g g^T>` to `gradientSquares`;
 * - `pointwise.*` adds `<H_i V eps_i eps_i^T>` to `response`, by tangents forward and back (the R-operator);
 * - `smoothed.*` adds `<1/2 (g_i(+V eps_i) - g_i(-V eps_i)) eps_i^T>`: the same, but over the reach of `V`.
 * With the unit vectors that is `<H> V`, column by column; with noise it is what noise nodes of weights `V` learn.
 */
export function lowerCurvature({ plan, layer, nodes }: CurvaturePlan): LoweredCurvature {
  const space = new Workspace(plan);
  const n = plan.trainRows;
  const rows = Math.min(n, CHUNK);
  const parts = [{ suffix: "", rows, passes: Math.floor(n / rows) }];
  if (n % rows > 0) parts.push({ suffix: ".rest", rows: n % rows, passes: 1 });

  const lists: Record<string, OpList> = {};
  for (const part of parts) {
    const probe = new Probe(space, layer, nodes, part.rows);
    const add = (name: string, ops: Op[]) => {
      lists[name + part.suffix] = { ops, slots: 1 };
    };
    const samples = space.indices(`samples${part.suffix}`, part.rows * part.passes);
    const direction = space.indices(`direction${part.suffix}`, part.rows * nodes);
    const sources = [
      ["direction", "unit", direction],
      ["noise", "noise", samples],
    ] as const;
    add("base", probe.base(samples));
    add("moments", probe.moments());
    for (const [name, source, index] of sources) {
      add(`pointwise.${name}`, [probe.draw(source, index), ...probe.pointwise()]);
      add(`smoothed.${name}`, [probe.draw(source, index), ...probe.smoothed()]);
    }
  }
  space.matrix("unit", nodes, nodes);
  space.matrix("noise", n, nodes);
  return { program: { buffers: space.buffers, fills: space.fills, lists }, parts };
}

class Probe {
  readonly #space: Workspace;
  readonly #network: Network;
  readonly #layer: number;
  readonly #last: number;
  /** Part of a sample in the mean over all. */
  readonly #share: number;
  readonly #base: Pass;
  readonly #shifted: Pass;
  readonly #eps: Region;
  readonly #niw: Region;
  readonly #response: Region;

  constructor(space: Workspace, layer: number, nodes: number, rows: number) {
    const width = space.layers[layer].outputs;
    this.#space = space;
    this.#network = space.plan.network;
    this.#layer = layer;
    this.#last = space.layers.length - 1;
    this.#share = 1 / space.plan.trainRows;
    this.#base = new Pass(space, "base", rows);
    this.#shifted = new Pass(space, "shifted", rows);
    this.#eps = space.matrix("eps", rows, nodes);
    this.#niw = space.matrix("niw", width, nodes);
    this.#response = space.matrix("response", width, nodes);
  }

  draw(source: string, index: string): Op {
    return { op: "gather", source, index, into: this.#eps, scale: 1, shift: 0 };
  }

  base(index: string): Op[] {
    const pass = this.#base;
    const ops = pass.gather("train", index);
    for (let l = 0; l < this.#layer; l++) ops.push(...pass.layer(l, false));
    const { inputs, biasColumn } = this.#space.layers[this.#layer];
    const cols = inputs + (biasColumn < 0 ? 0 : 1);
    ops.push({
      op: "product",
      a: { ...pass.input(this.#layer), cols },
      transposeA: false,
      b: { ...this.#space.weights(this.#layer), cols },
      transposeB: true,
      c: this.#unperturbed,
      alpha: this.#network.factors[this.#layer],
      beta: 0,
    });
    ops.push(...this.#onward(pass, 0));
    if (this.#network.loss === "cross-entropy") {
      ops.push(copy(pass.outputs(), this.#logits));
    }
    ops.push(this.#loss(pass));
    for (let l = this.#last; l > this.#layer; l--) {
      ops.push(...pass.backward(l, this.#smooth ? this.#backIntoActivation(l - 1) : undefined));
    }
    const delta = pass.delta(this.#layer);
    const ones = this.#space.matrix("ones", pass.rows, 1);
    this.#space.fill(ones, 1);
    ops.push({
      op: "product",
      a: ones,
      transposeA: true,
      b: delta,
      transposeB: false,
      c: this.#space.matrix("gradient", 1, delta.cols),
      alpha: this.#share,
      beta: 1,
    });
    return ops;
  }

  moments(): Op[] {
    const delta = this.#base.delta(this.#layer);
    const into = this.#space.matrix("gradientSquares", delta.cols, delta.cols);
    return [this.#outer(delta, delta, into, this.#share)];
  }

  /** Tangents go up through the layers above, and the tangent of the gradient comes down. */
  pointwise(): Op[] {
    const { activation, factors } = this.#network;
    const ops: Op[] = [this.#perturb(this.#tangent(this.#layer), 1, 0)];
    for (let l = this.#layer; l < this.#last; l++) {
      const through = this.#smooth ? this.#tangentOut(l) : this.#tangent(l);
      if (this.#smooth) ops.push(copy(this.#tangent(l), through));
      if (activation !== "linear") ops.push(this.#slope(l, through));
      const b = { ...this.#space.weights(l + 1), cols: this.#space.layers[l + 1].inputs };
      const c = this.#tangent(l + 1);
      const alpha = factors[l + 1];
      ops.push({
        op: "product",
        a: through,
        transposeA: false,
        b,
        transposeB: true,
        c,
        alpha,
        beta: 0,
      });
    }
    let back = this.#tangent(this.#last);
    if (this.#network.loss === "cross-entropy") {
      ops.push({ op: "softmaxTangent", logits: this.#logits, into: back });
    }
    for (let l = this.#last; l > this.#layer; l--) {
      const b = { ...this.#space.weights(l), cols: this.#space.layers[l].inputs };
      const c = this.#matrix("tangent.delta", l - 1);
      const alpha = factors[l];
      ops.push({
        op: "product",
        a: back,
        transposeA: false,
        b,
        transposeB: false,
        c,
        alpha,
        beta: 0,
      });
      if (activation !== "linear") ops.push(this.#slope(l - 1, c));
      if (this.#smooth) {
        ops.push({
          op: "activationCurvature",
          activation,
          at: this.#base.target(l - 1),
          tangent: this.#tangent(l - 1),
          gradient: this.#backIntoActivation(l - 1),
          into: c,
        });
      }
      back = c;
    }
    return [...ops, this.#outer(back, this.#eps, this.#response, this.#share)];
  }

  /** Central differences, sample by sample. */
  smoothed(): Op[] {
    const delta = this.#shifted.delta(this.#layer);
    return [1, -1].flatMap((sign) => [
      ...this.#onward(this.#shifted, sign),
      this.#loss(this.#shifted),
      ...Array.from({ length: this.#last - this.#layer }, (_, k) =>
        this.#shifted.backward(this.#last - k),
      ).flat(),
      this.#outer(delta, this.#eps, this.#response, (sign * this.#share) / 2),
    ]);
  }

  get #smooth(): boolean {
    return this.#network.activation === "tanh" || this.#network.activation === "gelu";
  }

  get #unperturbed(): Region {
    return this.#matrix("unperturbed", this.#layer);
  }

  get #logits(): Region {
    return this.#matrix("logits", this.#last);
  }

  #tangent(l: number): Region {
    return this.#matrix("tangent.z", l);
  }

  #tangentOut(l: number): Region {
    return this.#matrix("tangent.a", l);
  }

  #backIntoActivation(l: number): Region {
    return this.#matrix("base.back", l);
  }

  /** `[rows, d_l]`. */
  #matrix(name: string, l: number): Region {
    return this.#space.matrix(`${name}.${l}`, this.#base.rows, this.#space.layers[l].outputs);
  }

  /** From the probed layer's pre-activation, moved by `sign V eps`, to the outputs. */
  #onward(pass: Pass, sign: number): Op[] {
    const { activation } = this.#network;
    const isLast = this.#layer === this.#last;
    const z = pass.target(this.#layer);
    const ops: Op[] = [copy(this.#unperturbed, z)];
    if (sign !== 0) ops.push(this.#perturb(z, sign, 1));
    if (!isLast) {
      const into = pass.activations(this.#layer + 1);
      ops.push({ op: "activate", activation, from: z, into });
    }
    for (let l = this.#layer + 1; l <= this.#last; l++) ops.push(...pass.layer(l, false));
    return ops;
  }

  /** `into = alpha eps V^T + beta into`. */
  #perturb(into: Region, alpha: number, beta: number): Op {
    return {
      op: "product",
      a: this.#eps,
      transposeA: false,
      b: this.#niw,
      transposeB: true,
      c: into,
      alpha,
      beta,
    };
  }

  #slope(l: number, into: Region): Op {
    const { activation } = this.#network;
    return { op: "activationGradient", activation, at: this.#base.target(l), into };
  }

  /** The loss' sum to the trace; its gradient in place of the outputs. */
  #loss(pass: Pass): Op {
    const outputs = pass.outputs();
    const targets = this.#base.targets();
    const common = { gradient: outputs, slot: 0, scale: 1 };
    return this.#network.loss === "cross-entropy"
      ? { op: "crossEntropy", logits: outputs, labels: targets, ...common }
      : { op: "squaredError", outputs, targets, ...common };
  }

  /** `into += scale a^T b`. */
  #outer(a: Region, b: Region, into: Region, scale: number): Op {
    return {
      op: "product",
      a,
      transposeA: true,
      b,
      transposeB: false,
      c: into,
      alpha: scale,
      beta: 1,
    };
  }
}

function copy(from: Region, into: Region): Op {
  return { op: "activate", activation: "linear", from, into };
}
