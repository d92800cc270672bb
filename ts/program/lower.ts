import type { JacobianPenalty } from "./jacobianPenalty.js";
import { isLinearModel, type LayerLayout } from "./network.js";
import type { Op, OpList, Program, Region } from "./ops.js";
import { copy, outer, Pass } from "./pass.js";
import { type Plan, Workspace } from "./workspace.js";

/** The numbers that one training step writes, by their places in a row of the trace. */
export interface StepSlots {
  readonly loss: number;
  /** Squared Frobenius norm of each noise group's weights. */
  readonly niwSquares: readonly number[];
  /** `|alpha w2^T W_NI|^2` and `|w2|^2`, for the linear model only. */
  readonly linear: { readonly effectiveSquares: number; readonly outputSquares: number } | null;
  /** `<W_NI, W_NI(0)>` of each noise group. */
  readonly niwOverlaps: readonly number[];
  /** `<|g|^2>` over the batch for each noise group, with `g = dL_i/dz_i` at its layer. */
  readonly gradientSquares: readonly number[];
  /** `<W_NI, g>` of each noise group, with `g` the gradient of the batch's loss with respect to `W_NI`. */
  readonly niwSlopes: readonly number[];
  /** `|g|^2` of the same gradient. */
  readonly niwGradientSquares: readonly number[];
}

/** How to run the lists of an evaluation: over whole chunks of samples, then over the rest. */
export interface EvaluationList {
  readonly list: string;
  readonly passes: number;
}

export interface Lowered {
  readonly program: Program;
  readonly layers: readonly LayerLayout[];
  readonly stepSlots: StepSlots;
  /**
   * Each pass writes two numbers: the sum of the loss over its samples, and the number of correct ones (classes only).
   */
  readonly evaluateTrain: readonly EvaluationList[];
  readonly evaluateTest: readonly EvaluationList[];
  /** Index buffers of evaluations, which visit the samples in their order. The caller writes them once. */
  readonly indices: Readonly<Record<string, { readonly first: number; readonly length: number }>>;
  /** Whether there is a list `noiseResponse`. It writes one number, `<|f(x, eps) - f(x, 0)|^2>`. */
  readonly hasNoise: boolean;
}

/** Samples per chunk of an evaluation. */
const CHUNK = 1024;

/**
 * Lowers a training run to a program. Its lists are `step` (one update), `norms` (the numbers of a step except the
 * loss), `evaluate.*` (without noise) and `noiseResponse`. The caller fills the buffers `train.inputs`,
 * `train.targets`, `test.*`, `order` (uint32 `[trainRows]`), `noise.g` (unit variance, `[trainRows, nodes]`),
 * `weights.l`, `start.niw.g` (the initial noise weights, `[outputs, nodes]`) and those of `indices`; for groups with a schedule
 * `schedule.g` (the factor of each step of an epoch, `[steps, nodes]`) and `schedule.steps` (the step of each place in `order`); with
 * dropout `kept.l` (1 where an activation that leads to layer l is kept, `[trainRows, inputs]`), `inputNoise` (unit variance,
 * `[trainRows, inputs]`), and `directions` of the penalty on the Jacobian (unit vectors, `[trainRows, outputs]`).
 *
 * A noise node is one more input column of its layer: `z = c_l [W | b/c_l | W_NI/c_l] [x; 1; eps]`. So the constant
 * column holds `1/c_l`, and the noise columns hold unit noise times `sigma/c_l`. The ordinary products and weight
 * update then need no change.
 * @param Penalty lowers the penalty on the Jacobian; only a plan without one needs none (`lowerPlan`).
 */
export function lower(plan: Plan, Penalty: typeof JacobianPenalty | null = null): Lowered {
  const space = new Workspace(plan);
  const stepSlots = slotsOf(plan);
  const lists: Record<string, OpList> = {};
  const indices: Record<string, { first: number; length: number }> = {
    "identity.train": { first: 0, length: plan.trainRows },
  };
  if (plan.testRows > 0) indices["identity.test"] = { first: 0, length: plan.testRows };

  const groups = plan.network.noise.length;
  const slots = 1 + 5 * groups + (stepSlots.linear ? 2 : 0);
  lists.step = { ops: step(space, stepSlots, Penalty), slots };
  lists.norms = { ops: norms(space, stepSlots), slots };

  const evaluate = (split: "train" | "test", rows: number): EvaluationList[] => {
    const chunk = Math.min(rows, CHUNK);
    if (chunk === 0) return [];
    const name = `evaluate.${split}`;
    lists[name] = { ops: evaluation(space, split, chunk, `identity.${split}`), slots: 2 };
    const passes = Math.floor(rows / chunk);
    const rest = rows - passes * chunk;
    if (rest === 0) return [{ list: name, passes }];
    const index = space.indices(`rest.${split}`, rest);
    indices[index] = { first: rows - rest, length: rest };
    lists[`${name}.rest`] = { ops: evaluation(space, split, rest, index), slots: 2 };
    return [
      { list: name, passes },
      { list: `${name}.rest`, passes: 1 },
    ];
  };
  const evaluateTrain = evaluate("train", plan.evaluateRows);
  const evaluateTest = evaluate("test", plan.testRows);

  const hasNoise = plan.network.noise.length > 0;
  if (hasNoise) {
    lists.noiseResponse = { ops: noiseResponse(space, Math.min(plan.trainRows, CHUNK)), slots: 1 };
  }
  const replicas = plan.ensemble?.length ?? 1;
  const program = { replicas, buffers: space.buffers, fills: space.fills, lists };
  return {
    program,
    layers: space.layers,
    stepSlots,
    evaluateTrain,
    evaluateTest,
    indices,
    hasNoise,
  };
}

function slotsOf({ network }: Plan): StepSlots {
  const groups = network.noise.length;
  const places = (first: number) => network.noise.map((_, g) => first + g);
  const isLinear = isLinearModel(network);
  const next = 1 + groups;
  const linear = isLinear ? { effectiveSquares: next, outputSquares: next + 1 } : null;
  const overlaps = next + (isLinear ? 2 : 0);
  return {
    loss: 0,
    niwSquares: places(1),
    linear,
    niwOverlaps: places(overlaps),
    gradientSquares: places(overlaps + groups),
    niwSlopes: places(overlaps + 2 * groups),
    niwGradientSquares: places(overlaps + 3 * groups),
  };
}

/** One SGD update on one batch. The norms are those before the update. */
function step(
  space: Workspace,
  slots: StepSlots,
  Penalty: typeof JacobianPenalty | null = null,
): Op[] {
  const { batch, dropout = 0, jacobian } = space.plan;
  const pass = new Pass(space, "step", batch, dropout > 0);
  // Fails without `Penalty`, rather than train without it.
  const penalty = jacobian ? new (Penalty as typeof JacobianPenalty)(space, pass) : null;
  const ops = [
    ...norms(space, slots),
    ...pass.gather("train", "order"),
    ...pass.inputNoise("order"),
    ...pass.kept("order"),
    ...pass.noise("order"),
    ...pass.schedules(),
    ...pass.forward(true),
    loss(space, pass, slots.loss, 1 / batch, true),
    ...(penalty?.propagate("order") ?? []),
  ];
  for (let l = space.layers.length - 1; l >= 0; l--) {
    // The gradient is propagated through the weights before they are updated.
    if (l > 0) ops.push(...pass.backward(l), ...(penalty?.backward(l) ?? []));
    for (const { group } of space.layers[l].noiseColumns) {
      ops.push(square(pass.delta(l), slots.gradientSquares[group], 1 / batch));
      ops.push(...slope(space, pass, group, slots));
    }
    ops.push(...update(space, pass, l, penalty));
  }
  return ops;
}

/**
 * What a noise group's weights pay in this step (theory, section 5): their gradient, which no update stores, in a buffer of
 * its own.
 */
function slope(space: Workspace, pass: Pass, group: number, slots: StepSlots): Op[] {
  const { network, batch } = space.plan;
  const { layer } = network.noise[group];
  const niw = space.niw(group);
  const gradient = space.matrix(`gradient.niw.${group}`, niw.rows, niw.cols);
  const scale = network.factors[layer] / batch;
  return [
    outer(pass.delta(layer), pass.noiseInput(group), gradient, scale, 0),
    { op: "dot", a: niw, b: gradient, slot: slots.niwSlopes[group], scale: 1 },
    square(gradient, slots.niwGradientSquares[group], 1),
  ];
}

/** `trace[slot] = scale * sum of squares`. */
function square(of: Region, slot: number, scale: number): Op {
  return { op: "dot", a: of, b: of, slot, scale };
}

function norms(space: Workspace, { niwSquares, niwOverlaps, linear }: StepSlots): Op[] {
  const ops: Op[] = niwSquares.flatMap((slot, g) => [
    square(space.niw(g), slot, 1),
    { op: "dot", a: space.niw(g), b: space.niwStart(g), slot: niwOverlaps[g], scale: 1 },
  ]);
  if (!linear) return ops;
  const w2 = { ...space.weights(1), cols: space.layers[1].inputs };
  const niw = space.niw(0);
  const effective = space.matrix("effectiveNiw", 1, niw.cols);
  return [
    ...ops,
    {
      op: "product",
      a: w2,
      transposeA: false,
      b: niw,
      transposeB: false,
      c: effective,
      alpha: space.plan.network.factors[1],
      beta: 0,
    },
    square(effective, linear.effectiveSquares, 1),
    square(w2, linear.outputSquares, 1),
  ];
}

/**
 * Plain SGD needs no gradient buffer: `P <- (1 - eta decay) P - eta/B c delta^T [x | 1 | eps]`. With momentum it is as
 * in PyTorch: `v <- momentum v + g + decay P`, `P <- P - eta v`.
 */
function update(space: Workspace, pass: Pass, l: number, penalty: JacobianPenalty | null): Op[] {
  const { network, batch, learningRate, momentum, weightDecay } = space.plan;
  const gradient = (into: Region, alpha: number, beta: number): Op[] => [
    outer(penalty?.delta(l) ?? pass.delta(l), pass.input(l), into, alpha, beta),
    ...(penalty ? [penalty.product(l, into, alpha)] : []),
  ];
  const scale = network.factors[l] / batch;
  const weights = space.weights(l);
  if (momentum === 0) {
    return gradient(weights, -learningRate * scale, 1 - learningRate * weightDecay);
  }
  const velocity = { ...weights, buffer: `velocity.${l}` };
  const ops = gradient(velocity, scale, momentum);
  if (weightDecay > 0) {
    ops.push({ op: "addScaled", from: weights, into: velocity, factor: weightDecay });
  }
  return [...ops, { op: "addScaled", from: velocity, into: weights, factor: -learningRate }];
}

/** The loss (summed over samples) and the number correct over `rows` samples, with `eps = 0`. */
function evaluation(space: Workspace, split: "train" | "test", rows: number, index: string): Op[] {
  const pass = new Pass(space, "evaluate", rows);
  const ops: Op[] = [
    ...pass.gather(split, index),
    ...pass.forward(false),
    loss(space, pass, 0, 1, false),
  ];
  if (!space.plan.classes) return ops;
  if (space.labelsApart) ops.push(pass.gatherLabels(split, index));
  return [...ops, { op: "countCorrect", logits: pass.outputs(), labels: pass.labels(), slot: 1 }];
}

/** `<|f(x, eps) - f(x, 0)|^2>` over the first `rows` training samples, with the noise that is in the buffers. */
function noiseResponse(space: Workspace, rows: number): Op[] {
  const pass = new Pass(space, "evaluate", rows);
  const outputs = pass.outputs();
  const unperturbed = space.matrix("evaluate.unperturbed", rows, outputs.cols);
  return [
    ...pass.gather("train", "identity.train"),
    ...pass.noise("identity.train"),
    ...pass.forward(false),
    copy(outputs, unperturbed),
    ...pass.forward(true),
    { op: "addScaled", from: unperturbed, into: outputs, factor: -1 },
    square(outputs, 0, 1 / rows),
  ];
}

function loss(space: Workspace, pass: Pass, slot: number, scale: number, gradient: boolean): Op {
  const outputs = pass.outputs();
  const into = gradient ? { gradient: outputs } : {};
  return space.plan.network.loss === "cross-entropy"
    ? { op: "crossEntropy", logits: outputs, labels: pass.targets(), slot, scale, ...into }
    : { op: "squaredError", outputs, targets: pass.targets(), slot, scale, ...into };
}
