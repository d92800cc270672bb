import type { Op, OpList, Program, Region } from "./ops.js";
import { copy, outer, Pass } from "./pass.js";
import { lossOf, Tangent } from "./tangent.js";
import { type Plan, Workspace } from "./workspace.js";

/** A measurement of the loss' local curvature, as input to lowering. */
export interface CurvaturePlan {
  /** The network to measure. It has no noise nodes: the probe adds its own. */
  readonly plan: Plan;
  /** Weight layer whose pre-activations are probed. */
  readonly layer: number;
  /** Number of the probe's noise nodes, which are the columns of `niw`. */
  readonly nodes: number;
}

/** Two definitions of curvature that agree for smooth activations (theory, section 2, "Kinks"). */
export type CurvatureKind = "pointwise" | "smoothed";

export interface LoweredCurvature {
  readonly program: Program;
  /** The buffer in which `base` leaves `g_i` of the chunk's samples, one row per sample. */
  readonly gradients: string;
  /** The samples in parts: whole chunks, then the rest. The names of a part's lists end in its suffix. */
  readonly parts: readonly {
    readonly suffix: string;
    readonly rows: number;
    readonly passes: number;
  }[];
}

/** Samples per chunk. */
const CHUNK = 1024;

/**
 * Lowers the probe of one layer. It applies `H_i = d2L_i/dz_i2` to perturbations `V eps_i` of the pre-activations; the
 * samples have no other noise. Each `eps_i` is either one of the `nodes` unit vectors, the same for all samples (lists
 * `*.direction`, where pass k takes direction k), or unit noise (`*.noise`).
 *
 * `base` runs the network over a chunk, which its step number selects, and adds to `gradient`. The other lists then use
 * that chunk:
 * - `moments` adds `<g g^T>` to `gradientSquares`;
 * - `pointwise.*` adds `<H_i V eps_i eps_i^T>` to `response`, with forward and backward tangents (the R-operator);
 * - `smoothed.*` adds `<1/2 (g_i(+V eps_i) - g_i(-V eps_i)) eps_i^T>`, which is the same over the reach of `V`.
 *
 * With the unit vectors the result is `<H> V`, column by column. With noise it is the gradient of noise nodes with
 * weights `V`.
 */
export function lowerCurvature({ plan, layer, nodes }: CurvaturePlan): LoweredCurvature {
  const space = new Workspace(plan);
  const n = plan.trainRows;
  const rows = Math.min(n, CHUNK);
  const parts = [{ suffix: "", rows, passes: Math.floor(n / rows) }];
  if (n % rows > 0) parts.push({ suffix: ".rest", rows: n % rows, passes: 1 });

  const lists: Record<string, OpList> = {};
  let gradients = "";
  for (const part of parts) {
    const probe = new Probe(space, layer, nodes, part.rows);
    gradients = probe.gradients;
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
  return { program: { buffers: space.buffers, fills: space.fills, lists }, gradients, parts };
}

class Probe {
  readonly #space: Workspace;
  readonly #layer: number;
  readonly #last: number;
  /** Weight of a sample in the mean over all samples. */
  readonly #share: number;
  readonly #base: Pass;
  readonly #tangent: Tangent;
  readonly #shifted: Pass;
  readonly #unperturbed: Region;
  readonly #eps: Region;
  readonly #niw: Region;
  readonly #response: Region;

  constructor(space: Workspace, layer: number, nodes: number, rows: number) {
    const width = space.layers[layer].outputs;
    this.#space = space;
    this.#layer = layer;
    this.#last = space.layers.length - 1;
    this.#share = 1 / space.plan.trainRows;
    this.#base = new Pass(space, "base", rows);
    this.#tangent = new Tangent(space, this.#base, "tangent");
    this.#shifted = new Pass(space, "shifted", rows);
    this.#unperturbed = space.matrix("unperturbed", rows, width);
    this.#eps = space.matrix("eps", rows, nodes);
    this.#niw = space.matrix("niw", width, nodes);
    this.#response = space.matrix("response", width, nodes);
  }

  /** The buffer in which `base` leaves its gradients. */
  get gradients(): string {
    return this.#base.delta(this.#layer).buffer;
  }

  draw(source: string, index: string): Op {
    return { op: "gather", source, index, into: this.#eps, scale: 1, shift: 0 };
  }

  base(index: string): Op[] {
    const pass = this.#base;
    const { inputs, biasColumn } = this.#space.layers[this.#layer];
    const cols = inputs + (biasColumn < 0 ? 0 : 1);
    const ops = pass.gather("train", index);
    for (let l = 0; l < this.#layer; l++) ops.push(...pass.layer(l, false));
    ops.push({
      op: "product",
      a: { ...pass.input(this.#layer), cols },
      transposeA: false,
      b: { ...this.#space.weights(this.#layer), cols },
      transposeB: true,
      c: this.#unperturbed,
      alpha: this.#space.plan.network.factors[this.#layer],
      beta: 0,
    });
    ops.push(...this.#onward(pass, 0), ...this.#tangent.gradients(this.#layer));
    const delta = pass.delta(this.#layer);
    const ones = this.#space.matrix("ones", pass.rows, 1);
    this.#space.fill(ones, 1);
    const gradient = this.#space.matrix("gradient", 1, delta.cols);
    return [...ops, outer(ones, delta, gradient, this.#share, 1)];
  }

  moments(): Op[] {
    const delta = this.#base.delta(this.#layer);
    const into = this.#space.matrix("gradientSquares", delta.cols, delta.cols);
    return [outer(delta, delta, into, this.#share, 1)];
  }

  pointwise(): Op[] {
    const l = this.#layer;
    return [
      this.#perturb(this.#tangent.z(l), 1, 0),
      ...this.#tangent.through(l, l),
      outer(this.#tangent.delta(l), this.#eps, this.#response, this.#share, 1),
    ];
  }

  /** Central differences for each sample. */
  smoothed(): Op[] {
    const pass = this.#shifted;
    const delta = pass.delta(this.#layer);
    return [1, -1].flatMap((sign) => {
      const ops = [...this.#onward(pass, sign), lossOf(this.#space, pass, this.#base.targets())];
      for (let l = this.#last; l > this.#layer; l--) ops.push(...pass.backward(l));
      return [...ops, outer(delta, this.#eps, this.#response, (sign * this.#share) / 2, 1)];
    });
  }

  /** The forward pass from the probed layer's pre-activation, shifted by `sign V eps`, to the outputs. */
  #onward(pass: Pass, sign: number): Op[] {
    const { activation } = this.#space.plan.network;
    const z = pass.target(this.#layer);
    const ops: Op[] = [copy(this.#unperturbed, z)];
    if (sign !== 0) ops.push(this.#perturb(z, sign, 1));
    if (this.#layer < this.#last) {
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
}
