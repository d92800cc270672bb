import { isSmooth } from "../experiment/smooth.js";
import type { Op, Region } from "./ops.js";
import { copy, outer, type Pass } from "./pass.js";
import type { Workspace } from "./workspace.js";

/**
 * The gradient of `jacobian C / 2 |J^T v|^2`, the mean over a step's samples. `J` is the derivative of the C outputs with respect
 * to the inputs that the network sees, and `v` is a unit vector of its own for each sample (Hoffman et al., arXiv:1908.02729).
 *
 * `v` is propagated back to the inputs, where it is `u = J^T v`, and `jacobian C u` is propagated forward as a tangent. Each
 * layer's weights get the product of the two. Where activations are smooth, their slopes depend on the pre-activations: this
 * adds to the gradients that the step propagates back.
 */
export class JacobianPenalty {
  readonly #space: Workspace;
  readonly #pass: Pass;
  readonly #last: number;
  readonly #smooth: boolean;

  constructor(space: Workspace, pass: Pass) {
    this.#space = space;
    this.#pass = pass;
    this.#last = space.layers.length - 1;
    this.#smooth = isSmooth(space.plan.network.activation);
  }

  /** Propagates `v` back and the tangent forward. The activations of the pass must be in memory. */
  propagate(index: string): Op[] {
    const pass = this.#pass;
    const v = this.#back(this.#last);
    const ops: Op[] = [{ op: "gather", source: "directions", index, into: v, scale: 1, shift: 0 }];
    for (let l = this.#last; l > 0; l--) {
      const keep = this.#smooth ? this.#matrix("kept", l - 1) : undefined;
      ops.push(...pass.back(l, this.#back(l), this.#back(l - 1), keep));
    }
    const strength = (this.#space.plan.jacobian ?? 0) * v.cols;
    ops.push(pass.linear(0, this.#back(0), false, this.#tangent(0), strength));
    for (let l = 0; l < this.#last; l++) {
      const into = this.#tangent(l + 1);
      const z = this.#smooth ? this.#matrix("z", l) : into;
      ops.push(pass.linear(l, this.#tangent(l), true, z));
      if (this.#smooth) ops.push(copy(z, into));
      ops.push(...pass.slope(l, into), ...pass.drop(l + 1, into));
    }
    return ops;
  }

  /** What follows the pass' own `backward(l)`: the gradient of layer l - 1's pre-activation, with the penalty. */
  backward(l: number): Op[] {
    if (!this.#smooth) return [];
    const { activation } = this.#space.plan.network;
    const into = this.delta(l - 1);
    return [
      ...(this.#apart ? this.#pass.back(l, this.delta(l), into) : []),
      {
        op: "activationCurvature",
        activation,
        at: this.#pass.target(l - 1),
        tangent: this.#matrix("z", l - 1),
        gradient: this.#matrix("kept", l - 1),
        into,
      },
    ];
  }

  /** The gradient of layer l's pre-activation, of the loss and of the penalty. */
  delta(l: number): Region {
    return this.#apart && l < this.#last ? this.#matrix("delta", l) : this.#pass.delta(l);
  }

  /** `into += alpha` times the product for layer l's weights, which has no part in biases and noise weights. */
  product(l: number, into: Region, alpha: number): Op {
    const tangent = this.#tangent(l);
    return outer(this.#back(l), tangent, { ...into, cols: tangent.cols }, alpha, 1);
  }

  /** Whether the loss' own gradients are kept: the step records what they do to noise weights. */
  get #apart(): boolean {
    return this.#smooth && this.#space.plan.network.noise.length > 0;
  }

  /** `v` at layer l's pre-activation. */
  #back(l: number): Region {
    return this.#matrix("back", l);
  }

  /** The tangent of the activations that lead to layer l. */
  #tangent(l: number): Region {
    const { inputs } = this.#space.layers[l];
    return this.#space.matrix(`jacobian.tangent.${l}`, this.#pass.rows, inputs);
  }

  #matrix(part: string, l: number): Region {
    const { outputs } = this.#space.layers[l];
    return this.#space.matrix(`jacobian.${part}.${l}`, this.#pass.rows, outputs);
  }
}
