import { isSmooth } from "../experiment/smooth.js";
import type { Op, Region } from "./ops.js";
import { copy, type Pass } from "./pass.js";
import type { Workspace } from "./workspace.js";

/**
 * The backward pass with its gradients, and their change with the pre-activations (the R-operator; Pearlmutter, *Neural
 * Computation* 6, 1994). Tangents are propagated forward through the layers, and then the gradients' tangents backward.
 */
export class Tangent {
  readonly #space: Workspace;
  readonly #base: Pass;
  readonly #name: string;
  readonly #last: number;

  /** @param base the unperturbed pass. Its activations must be in memory when tangents are computed. */
  constructor(space: Workspace, base: Pass, name: string) {
    this.#space = space;
    this.#base = base;
    this.#name = name;
    this.#last = space.layers.length - 1;
  }

  /** Computes the base pass' loss (slot 0, summed) and its gradients, from the outputs down to layer `to`. */
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

  /** The tangent of layer l's pre-activation. The caller sets the lowest one. */
  z(l: number): Region {
    return this.#matrix("z", l);
  }

  /**
   * Propagates the tangent of layer `from`'s pre-activation to the tangent of layer `to`'s gradient, which is stored in
   * `delta(to)`. `to` must not be below `from`.
   * @param added operations that add to the tangent of a higher layer's pre-activation.
   */
  through(from: number, to: number, added: (l: number) => Op[] = () => []): Op[] {
    const ops: Op[] = [];
    for (let l = from; l < this.#last; l++) {
      const out = this.#smooth ? this.#matrix("a", l) : this.z(l);
      if (this.#smooth) ops.push(copy(this.z(l), out));
      ops.push(
        ...this.#base.slope(l, out),
        this.#base.linear(l + 1, out, true, this.z(l + 1)),
        ...added(l + 1),
      );
    }
    if (this.#space.plan.network.loss === "cross-entropy") {
      ops.push({ op: "softmaxTangent", logits: this.#logits, into: this.z(this.#last) });
    }
    for (let l = this.#last; l > to; l--) {
      const into = this.delta(l - 1);
      ops.push(...this.#base.back(l, this.delta(l), into));
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

  /** The tangent of layer l's gradient. For the last layer it overwrites the tangent of the pre-activation. */
  delta(l: number): Region {
    return l === this.#last ? this.z(l) : this.#matrix("delta", l);
  }

  get #smooth(): boolean {
    return isSmooth(this.#space.plan.network.activation);
  }

  get #logits(): Region {
    return this.#matrix("logits", this.#last);
  }

  /** The gradient of layer l's activation, before the factor f'. */
  #backInto(l: number): Region {
    return this.#matrix("back", l);
  }

  /** `[rows, d_l]`. */
  #matrix(part: string, l: number): Region {
    const { outputs } = this.#space.layers[l];
    return this.#space.matrix(`${this.#name}.${part}.${l}`, this.#base.rows, outputs);
  }
}

/** Writes the sum of the loss to slot 0, and its gradient over the pass' outputs. */
export function lossOf(space: Workspace, pass: Pass, targets: Region): Op {
  const outputs = pass.outputs();
  const common = { gradient: outputs, slot: 0, scale: 1 };
  return space.plan.network.loss === "cross-entropy"
    ? { op: "crossEntropy", logits: outputs, labels: targets, ...common }
    : { op: "squaredError", outputs, targets, ...common };
}
