import { quadraticForm } from "../analysis/spectrum.js";
import { type Machine, openFilled, type Session } from "../backend/machine.js";
import { InputError } from "../errors/errors.js";
import { type LoweredExpansion, lowerExpansion } from "../program/expansion.js";
import { layouts } from "../program/network.js";
import type { Plan } from "../program/workspace.js";
import type { RunInputs } from "../train/inputs.js";
import type { Setup } from "../train/setup.js";
import { counting, type Observed, writeSplit } from "../train/trainer.js";

/** A step's gradient of the noise weights, and how much of it the expansion in the noise explains. */
export interface ExpansionPoint {
  /** Updates made before the step. */
  readonly step: number;
  /** Length of the exact gradient with the batch's own noise. */
  readonly exact: number;
  /** Length of the first-order term `<g_i eps_i^T>`. */
  readonly first: number;
  /** Length of the second-order term `<H_i W_NI eps_i eps_i^T>`. */
  readonly second: number;
  /** Length of the exact gradient minus the first term, divided by the length of the exact gradient. */
  readonly firstError: number;
  /** Length of the exact gradient minus both terms, divided by the length of the exact gradient. */
  readonly secondError: number;
  /** The curvature that the step reads: `<W_NI, dL/dW_NI> / (sigma^2 |W_NI|^2)`. */
  readonly reading: number;
}

/**
 * Compares the gradient of the noise weights in a training step with its expansion in that batch's own noise (Levi et
 * al., arXiv:2210.13599, section 2).
 */
export class ExpansionProbe {
  readonly #session: Session;
  readonly #lowered: LoweredExpansion;
  readonly #plan: Plan;
  readonly #inputs: RunInputs;
  #epoch = -1;

  /** @throws InputError for a network without noise nodes. */
  static async open(machine: Machine, { plan, data, inputs }: Setup): Promise<ExpansionProbe> {
    if (plan.network.noise.length === 0) {
      throw new InputError("noise", "noise is empty: the expansion takes noise injection nodes");
    }
    const lowered = lowerExpansion(plan);
    const session = await openFilled(machine, lowered.program, (opened) => {
      writeSplit(opened, "train", data.train, plan, data.outputs);
      opened.write("order", counting(0, plan.trainRows));
    });
    return new ExpansionProbe(session, lowered, plan, inputs);
  }

  private constructor(session: Session, lowered: LoweredExpansion, plan: Plan, inputs: RunInputs) {
    this.#session = session;
    this.#lowered = lowered;
    this.#plan = plan;
    this.#inputs = inputs;
  }

  /** Compares the two for the step that a run is about to make. */
  async at({ step, epoch, weights }: Observed): Promise<ExpansionPoint> {
    this.#startEpoch(epoch);
    weights.forEach((values, l) => {
      this.#session.write(`weights.${l}`, values);
    });
    const stepsPerEpoch = Math.floor(this.#plan.trainRows / this.#plan.batch);
    await this.#session.run("expansion", step - epoch * stepsPerEpoch, 1);
    const [exact, first, second] = await Promise.all(
      ["exact", "first", "second"].map((name) => this.#session.read(name)),
    );
    const { layer, nodes } = this.#lowered;
    const { columns } = layouts(this.#plan.network)[layer];
    const niw = Float64Array.from({ length: exact.length }, (_, i) => {
      const row = Math.floor(i / nodes);
      return weights[layer][(row + 1) * columns - nodes + (i - row * nodes)];
    });
    const size = length(exact);
    return {
      step,
      exact: size,
      first: length(first),
      second: length(second),
      firstError: length(exact.map((x, i) => x - first[i])) / size,
      secondError: length(exact.map((x, i) => x - first[i] - second[i])) / size,
      reading: quadraticForm(niw, exact) / this.#meanSquare(),
    };
  }

  dispose(): void {
    this.#session.dispose();
  }

  /** Fixed noise is that of the first epoch, even if a later epoch is observed first. */
  #startEpoch(epoch: number): void {
    if (epoch === this.#epoch) return;
    this.#epoch = epoch;
    const order = this.#inputs.order(epoch);
    if (order) this.#session.write("order", order);
    for (const g of this.#plan.network.noise.keys()) {
      const noise = this.#inputs.noise(g, epoch) ?? this.#inputs.noise(g, 0);
      if (noise) this.#session.write(`noise.${g}`, noise);
    }
  }

  /** `sigma^2`, averaged over the layer's nodes. */
  #meanSquare(): number {
    const groups = this.#plan.network.noise.filter(({ layer }) => layer === this.#lowered.layer);
    const nodes = groups.reduce((sum, group) => sum + group.nodes, 0);
    return groups.reduce((sum, { sigma, nodes: own }) => sum + own * sigma * sigma, 0) / nodes;
  }
}

function length(values: Float64Array): number {
  return Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
}
