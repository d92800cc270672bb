import type { Op, Program, Region } from "./ops.js";
import { copy, outer, Pass } from "./pass.js";
import { lossOf, Tangent } from "./tangent.js";
import { type Plan, Workspace } from "./workspace.js";

export interface LoweredExpansion {
  readonly program: Program;
  /** The layer whose noise weights are followed: that of the first noise group. */
  readonly layer: number;
  /** Number of its noise nodes, of all groups. */
  readonly nodes: number;
}

/**
 * Lowers the gradient of the noise weights in one training step, and its expansion in the noise (Levi et al.,
 * arXiv:2210.13599, section 2). The list `expansion` leaves in `exact`, `first` and `second` (`[d, nodes]`)
 *
 *     <g_i(eps) eps_i^T>,   <g_i eps_i^T>,   <R_i eps_i^T>
 *
 * where `g_i(eps)` is the gradient with the batch's own noise, `g_i` the gradient without noise, and `R_i` the change
 * of `g_i` to first order in the noise. `R_i` is `H_i W_NI eps_i`, plus the effect of noise at other layers.
 *
 * The caller fills `train.*`, `order` (the batch's samples), `noise.g` and `weights.l`, as for training.
 */
export function lowerExpansion(plan: Plan): LoweredExpansion {
  const space = new Workspace(plan);
  const { noise, factors } = plan.network;
  const { layer } = noise[0];
  const lowest = Math.min(...noise.map((group) => group.layer));
  const base = new Pass(space, "base", plan.batch);
  const noisy = new Pass(space, "noisy", plan.batch);
  const tangent = new Tangent(space, base, "tangent");

  const noiseColumns = (matrix: Region, l: number): Region => {
    const [{ column }] = space.layers[l].noiseColumns;
    return { ...matrix, offset: column, cols: space.layers[l].columns - column };
  };
  const eps = noiseColumns(base.input(layer), layer);
  const gradient = (name: string, delta: Region): Op => {
    const into = space.matrix(name, delta.cols, eps.cols);
    return outer(delta, eps, into, factors[layer] / plan.batch, 0);
  };
  /** Adds `W_NI eps` to the tangent that comes from the layers below. */
  const perturb = (l: number): Op[] => {
    if (space.layers[l].noiseColumns.length === 0) return [];
    return [
      {
        op: "product",
        a: noiseColumns(base.input(l), l),
        transposeA: false,
        b: noiseColumns(space.weights(l), l),
        transposeB: true,
        c: tangent.z(l),
        alpha: factors[l],
        beta: l === lowest ? 0 : 1,
      },
    ];
  };

  const ops = [
    ...base.gather("train", "order"),
    ...base.noise("order"),
    copy(base.activations(0), noisy.activations(0)),
    ...space.layers.flatMap(({ noiseColumns: groups }, l) =>
      groups.length === 0
        ? []
        : [copy(noiseColumns(base.input(l), l), noiseColumns(noisy.input(l), l))],
    ),
    ...base.forward(false),
    ...tangent.gradients(layer),
    gradient("first", base.delta(layer)),
    ...perturb(lowest),
    ...tangent.through(lowest, layer, perturb),
    gradient("second", tangent.delta(layer)),
    ...noisy.forward(true),
    lossOf(space, noisy, base.targets()),
  ];
  for (let l = space.layers.length - 1; l > layer; l--) ops.push(...noisy.backward(l));
  ops.push(gradient("exact", noisy.delta(layer)));
  return {
    program: {
      buffers: space.buffers,
      fills: space.fills,
      lists: { expansion: { ops, slots: 1 } },
    },
    layer,
    nodes: eps.cols,
  };
}
