import type { Plan } from "../../program/workspace.js";

/** A ReLU classifier with one noise node for timing. The contents of its data do not matter. */
export function benchPlan(widths: readonly number[], batch: number, replicas = 1): Plan {
  return {
    network: {
      widths,
      activation: "relu",
      loss: "cross-entropy",
      bias: true,
      factors: widths.slice(1).map(() => 1),
      noise: [{ layer: 0, nodes: 1, sigma: 1 }],
    },
    learningRate: 0.01,
    momentum: 0,
    weightDecay: 0,
    batch,
    trainRows: batch,
    testRows: 0,
    evaluateRows: batch,
    classes: true,
    inputType: "byte",
    inputScale: 1 / 255,
    inputShift: 0,
    ...(replicas > 1 && { ensemble: Array.from({ length: replicas }, () => [1]) }),
  };
}

/**
 * Floating-point operations of one step's products: the forward products, the weight gradients, and the input gradients
 * of all layers but the first.
 */
export function stepOperations({ network, batch, ensemble }: Plan): number {
  const { widths } = network;
  const passes = (l: number) => (l === 0 ? 2 : 3);
  const one = widths.slice(1).reduce((sum, n, l) => sum + passes(l) * 2 * batch * n * widths[l], 0);
  return one * (ensemble?.length ?? 1);
}
