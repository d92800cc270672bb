import type { Op, Region } from "./ops.js";
import type { Pass } from "./pass.js";
import type { Workspace } from "./workspace.js";

/**
 * A pass' way down with its gradients, and what a change of pre-activations does to them: tangents go up through the
 * layers, and the gradients' tangents come down (the R-operator; Pearlmutter, *Neural Computation* 6, 1994).
 */
export class Tangent {
  readonly #space: Workspace;
  readonly #base: Pass;
  readonly #name: string;
  readonly #last: number;

  /** @param base the unperturbed pass, whose activations have to be in memory when tangents are taken. */
  constructor(space: Workspace, base: Pass, name: string) {
    this.#space = space;
    this.#base = base;
    this.#name = name;
    this.#last = space.layers.length - 1;
  }

  /** From the base's outputs to its loss (slot 0, summed) and its gradients down to layer `to`. */
  gradients(to: number): Op[] {
    const outputs = this.#base.outputs();
    const ops: Op[] =
      this.#space.plan.network.loss === "cross-entropy" ? [copy(outputs, this.#logits)] : [];
    ops.push(lossOf(this.#space, this.#base, this.#base.targets()));
    for (let l = this.#last; l > to; l--) {
      ops.push(...this.#base.backward(l, this.#smooth ? this.#backInto(l - 1) : undefined));
    }
    return ops;
  }

  /** The tangent of layer l's pre-activation; the caller sets the lowest. */
  z(l: number): Region {
    return this.#matrix("z", l);
  }

  /**
   * From the tangent of layer `from`'s pre-activation to that of layer `to`'s gradient, which stands in `delta(to)`;
   * `to` is not below `from`.
   * @param added operations that add to the tangent of a higher layer's pre-activation.
   */
  through(from: number, to: number, added: (l: number) => Op[] = () => []): Op[] {
    const ops: Op[] = [];
    for (let l = from; l < this.#last; l++) {
      const out = this.#smooth ? this.#matrix("a", l) : this.z(l);
      if (this.#smooth) ops.push(copy(this.z(l), out));
      ops.push(
        ...this.#slope(l, out),
        this.#linear(l + 1, out, true, this.z(l + 1)),
        ...added(l + 1),
      );
    }
    if (this.#space.plan.network.loss === "cross-entropy") {
      ops.push({ op: "softmaxTangent", logits: this.#logits, into: this.z(this.#last) });
    }
    for (let l = this.#last; l > to; l--) {
      const into = this.delta(l - 1);
      ops.push(this.#linear(l, this.delta(l), false, into), ...this.#slope(l - 1, into));
      if (this.#smooth) {
        ops.push({
          op: "activationCurvature",
          activation: this.#space.plan.network.activation,
          at: this.#base.target(l - 1),
          tangent: this.z(l - 1),
          gradient: this.#backInto(l - 1),
          into,
        });
      }
    }
    return ops;
  }

  /** The tangent of layer l's gradient; the last layer's takes the place of its pre-activation's. */
  delta(l: number): Region {
    return l === this.#last ? this.z(l) : this.#matrix("delta", l);
  }

  get #smooth(): boolean {
    const { activation } = this.#space.plan.network;
    return activation === "tanh" || activation === "gelu";
  }

  get #logits(): Region {
    return this.#matrix("logits", this.#last);
  }

  /** What came back into layer l's activation, before its slope. */
  #backInto(l: number): Region {
    return this.#matrix("back", l);
  }

  #slope(l: number, into: Region): Op[] {
    const { activation } = this.#space.plan.network;
    if (activation === "linear") return [];
    return [{ op: "activationGradient", activation, at: this.#base.target(l), into }];
  }

  /** `into = c_l from W_l^T` on the way up, `c_l from W_l` on the way down. */
  #linear(l: number, from: Region, up: boolean, into: Region): Op {
    return {
      op: "product",
      a: from,
      transposeA: false,
      b: { ...this.#space.weights(l), cols: this.#space.layers[l].inputs },
      transposeB: up,
      c: into,
      alpha: this.#space.plan.network.factors[l],
      beta: 0,
    };
  }

  /** `[rows, d_l]`. */
  #matrix(part: string, l: number): Region {
    const { outputs } = this.#space.layers[l];
    return this.#space.matrix(`${this.#name}.${part}.${l}`, this.#base.rows, outputs);
  }
}

/** The loss' sum to slot 0; its gradient in place of the pass' outputs. */
export function lossOf(space: Workspace, pass: Pass, targets: Region): Op {
  const outputs = pass.outputs();
  const common = { gradient: outputs, slot: 0, scale: 1 };
  return space.plan.network.loss === "cross-entropy"
    ? { op: "crossEntropy", logits: outputs, labels: targets, ...common }
    : { op: "squaredError", outputs, targets, ...common };
}

export function copy(from: Region, into: Region): Op {
  return { op: "activate", activation: "linear", from, into };
}

/** `into = alpha a^T b + beta into`: over samples, a weight's gradient. */
export function outer(a: Region, b: Region, into: Region, alpha: number, beta: number): Op {
  return { op: "product", a, transposeA: true, b, transposeB: false, c: into, alpha, beta };
}
