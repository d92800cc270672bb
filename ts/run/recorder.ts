import type { Lowered } from "../program/lower.js";
import type { Plan } from "../program/workspace.js";
import type { Trajectory } from "../trajectory/trajectory.js";
import { isRecorded, type Schedule } from "./schedule.js";

/** One row of `Trajectory.evaluations`. */
export type EvaluationRecord = { [K in keyof Trajectory["evaluations"]]: number };
type StepRecord = { [K in keyof Trajectory["steps"]]: number };

/** What an evaluation left in the traces. */
export interface EvaluationTraces {
  readonly train: { readonly loss: number; readonly correct: number };
  readonly test: { readonly loss: number; readonly correct: number };
  readonly norms: Float64Array;
  readonly noiseResponse: number;
}

/** Turns traces into a trajectory. */
export class Recorder {
  readonly #plan: Plan;
  readonly #lowered: Lowered;
  readonly #schedule: Schedule;
  readonly #steps: StepRecord[] = [];
  readonly #evaluations: EvaluationRecord[] = [];
  #finite = true;

  constructor(plan: Plan, lowered: Lowered, schedule: Schedule) {
    this.#plan = plan;
    this.#lowered = lowered;
    this.#schedule = schedule;
  }

  /** Whether every number so far was finite. */
  get finite(): boolean {
    return this.#finite;
  }

  /**
   * Takes the trace of training steps from `first` on, up to and including the first that is not finite.
   * @returns the number of steps taken.
   */
  steps(first: number, trace: Float64Array): number {
    const slots = this.#lowered.program.lists.step.slots;
    const count = trace.length / slots;
    for (let k = 0; k < count; k++) {
      const row = trace.subarray(k * slots, (k + 1) * slots);
      this.#finite = row.every(Number.isFinite);
      if (!this.#finite || isRecorded(this.#schedule, first + k)) {
        this.#steps.push(this.#stepRecord(first + k, row));
      }
      if (!this.#finite) return k + 1;
    }
    return count;
  }

  evaluation(step: number, traces: EvaluationTraces): EvaluationRecord {
    const { evaluateRows, testRows, classes, network } = this.#plan;
    const { linear } = this.#lowered.stepSlots;
    const sigmaSquared =
      network.noise.reduce((sum, { sigma }) => sum + sigma * sigma, 0) / network.noise.length;
    const { train, test, norms } = traces;
    const record: EvaluationRecord = {
      step,
      epoch: step / this.#schedule.stepsPerEpoch,
      unperturbedLoss: train.loss / evaluateRows,
      trainAccuracy: classes ? train.correct / evaluateRows : Number.NaN,
      testLoss: testRows > 0 ? test.loss / testRows : Number.NaN,
      testAccuracy: classes && testRows > 0 ? test.correct / testRows : Number.NaN,
      niwNorm: this.#niwNorm(norms),
      effectiveNiw: linear
        ? Math.sqrt(norms[linear.effectiveSquares])
        : Math.sqrt(traces.noiseResponse / sigmaSquared),
    };
    this.#evaluations.push(record);
    return record;
  }

  trajectory(): Trajectory {
    const { linear } = this.#lowered.stepSlots;
    const steps = columns(this.#steps, ["step", "loss", "niwNorm", "effectiveNiw", "kappa"]);
    const none = new Float64Array(0);
    return {
      steps: linear ? steps : { ...steps, effectiveNiw: none, kappa: none },
      evaluations: columns(this.#evaluations, [
        "step",
        "epoch",
        "unperturbedLoss",
        "trainAccuracy",
        "testLoss",
        "testAccuracy",
        "niwNorm",
        "effectiveNiw",
      ]),
    };
  }

  #stepRecord(step: number, row: Float64Array): StepRecord {
    const { loss, linear } = this.#lowered.stepSlots;
    const niwNorm = this.#niwNorm(row);
    return {
      step,
      loss: row[loss],
      niwNorm,
      effectiveNiw: linear ? Math.sqrt(row[linear.effectiveSquares]) : Number.NaN,
      kappa: linear ? this.#kappa(row[linear.outputSquares], niwNorm) : Number.NaN,
    };
  }

  #niwNorm(row: Float64Array): number {
    const { niwSquares } = this.#lowered.stepSlots;
    return Math.sqrt(niwSquares.reduce((sum, slot) => sum + row[slot], 0));
  }

  /** `eta sigma^2 alpha^2 (|w2|^2 + |W_NI|^2)` (theory, section 3). */
  #kappa(outputSquares: number, niwNorm: number): number {
    const { network, learningRate } = this.#plan;
    const alpha = network.factors[1];
    const { sigma } = network.noise[0];
    return learningRate * sigma ** 2 * alpha ** 2 * (outputSquares + niwNorm ** 2);
  }
}

function columns<K extends string>(
  records: readonly { [P in K]: number }[],
  keys: readonly K[],
): { [P in K]: Float64Array } {
  const entries = keys.map((key) => [key, Float64Array.from(records, (record) => record[key])]);
  return Object.fromEntries(entries);
}
