import type { Lowered } from "../../program/lower.js";
import type { Plan } from "../../program/workspace.js";
import type { Trajectory } from "../../trajectory/trajectory.js";
import type { Checkpoint } from "../checkpoint.js";
import { isRecorded, type Schedule } from "../schedule.js";
import { SigmaControls } from "../sigma/sigmaControls.js";
import { DoseSums } from "./doseSums.js";

/** One row of `Trajectory.evaluations`. */
export type EvaluationRecord = { [K in keyof Trajectory["evaluations"]]: number };
type StepRecord = { [K in keyof Trajectory["steps"]]: number };

export const STEP_COLUMNS = [
  "step",
  "loss",
  "niwNorm",
  "effectiveNiw",
  "kappa",
  "memory",
  "kick",
  "dosePaid",
  "doseBudget",
] as const;
export const EVALUATION_COLUMNS = [
  "step",
  "epoch",
  "unperturbedLoss",
  "trainAccuracy",
  "testLoss",
  "testAccuracy",
  "niwNorm",
  "memory",
  "effectiveNiw",
  "dosePaid",
  "doseBudget",
] as const;

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
  /** `|W_NI(0)|^2`. */
  readonly #niwStart: number;
  /** Numbers at the beginning of a step's row that end a run when they are not finite. */
  readonly #judged: number;
  readonly #dose: DoseSums;
  readonly controls: SigmaControls;
  readonly #steps: StepRecord[] = [];
  readonly #evaluations: EvaluationRecord[] = [];
  #diverged = false;

  constructor(plan: Plan, lowered: Lowered, schedule: Schedule, niwStart: number) {
    this.#plan = plan;
    this.#lowered = lowered;
    this.#schedule = schedule;
    this.#niwStart = niwStart;
    // What follows are products of what was judged before, which may leave the finite range first.
    this.#judged = lowered.program.lists.step.slots - 4 * plan.network.noise.length;
    this.#dose = new DoseSums(plan, lowered.stepSlots);
    this.controls = new SigmaControls(plan, schedule, lowered.stepSlots);
  }

  /** Whether the run is over because a number has left the finite range. */
  get diverged(): boolean {
    return this.#diverged;
  }

  /**
   * Takes the trace of training steps from `first` on, up to and including one that ends the run.
   * @returns the number of steps taken.
   */
  steps(first: number, trace: Float64Array): number {
    const slots = this.#lowered.program.lists.step.slots;
    const count = trace.length / slots;
    for (let k = 0; k < count; k++) {
      const row = count === 1 ? trace : trace.subarray(k * slots, (k + 1) * slots);
      this.#diverged = this.#schedule.endsWhenDiverged && !allFinite(row, this.#judged);
      if (this.#diverged || isRecorded(this.#schedule, first + k)) {
        this.#steps.push(this.#stepRecord(first + k, row));
      }
      this.#dose.add(row);
      this.controls.add(first + k, row);
      if (this.#diverged) return k + 1;
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
      memory: this.#memory(norms),
      effectiveNiw: linear
        ? Math.sqrt(norms[linear.effectiveSquares])
        : Math.sqrt(traces.noiseResponse / sigmaSquared),
      ...this.#dose.at(norms),
    };
    this.#evaluations.push(record);
    return record;
  }

  /**
   * The evaluation of a run that has left the finite numbers: all NaN. (Its weights depend on how many updates followed
   * before the divergence was noticed.)
   */
  lost(step: number): EvaluationRecord {
    const nothing = Object.fromEntries(EVALUATION_COLUMNS.map((name) => [name, Number.NaN]));
    const epoch = step / this.#schedule.stepsPerEpoch;
    const record = { ...(nothing as unknown as EvaluationRecord), step, epoch };
    this.#evaluations.push(record);
    return record;
  }

  /** What a checkpoint keeps besides the trajectory. */
  get carried(): Checkpoint["carried"] {
    return { dose: this.#dose.carried, ...this.controls.carried };
  }

  /** How many numbers of each name a checkpoint carries after so many steps. */
  carriedAfter(steps: number): Readonly<Record<string, number>> {
    return { dose: this.#dose.carried.length, ...this.controls.carriedAfter(steps) };
  }

  /** Restores what was recorded before an interruption. */
  restore({ trajectory: { steps, evaluations }, carried }: Checkpoint): void {
    this.#dose.restore(carried.dose);
    this.controls.restore(carried);
    for (const row of rows(steps, STEP_COLUMNS)) this.#steps.push(row);
    for (const row of rows(evaluations, EVALUATION_COLUMNS)) this.#evaluations.push(row);
  }

  trajectory(): Trajectory {
    const { linear } = this.#lowered.stepSlots;
    const steps = columns(this.#steps, STEP_COLUMNS);
    const none = new Float64Array(0);
    return {
      steps: {
        ...steps,
        ...(linear ? {} : { effectiveNiw: none, kappa: none }),
        ...(this.#niwStart > 0 ? {} : { memory: none }),
        ...(this.#plan.network.noise.length > 0
          ? {}
          : { kick: none, dosePaid: none, doseBudget: none }),
      },
      evaluations: columns(this.#evaluations, EVALUATION_COLUMNS),
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
      kappa: linear ? this.#kappa(step, row[linear.outputSquares], niwNorm) : Number.NaN,
      memory: this.#memory(row),
      kick: this.#kick(step, row),
      ...this.#dose.at(row),
    };
  }

  #niwNorm(row: Float64Array): number {
    const { niwSquares } = this.#lowered.stepSlots;
    return Math.sqrt(niwSquares.reduce((sum, slot) => sum + row[slot], 0));
  }

  /** `<W_NI, W_NI(0)> / |W_NI(0)|^2`; 0/0 without noise weights. */
  #memory(row: Float64Array): number {
    const { niwOverlaps } = this.#lowered.stepSlots;
    return niwOverlaps.reduce((sum, slot) => sum + row[slot], 0) / this.#niwStart;
  }

  #kick(step: number, row: Float64Array): number {
    const { network, learningRate, momentum, batch } = this.#plan;
    const { gradientSquares } = this.#lowered.stepSlots;
    const diffusion = network.noise.reduce(
      (sum, { nodes }, g) =>
        sum + this.controls.sigma(g, step) ** 2 * nodes * row[gradientSquares[g]],
      0,
    );
    return (learningRate / (1 - momentum)) * Math.sqrt(diffusion / batch);
  }

  /** `eta sigma^2 alpha^2 (|w2|^2 + |W_NI|^2)` (theory, section 3). */
  #kappa(step: number, outputSquares: number, niwNorm: number): number {
    const { network, learningRate } = this.#plan;
    const alpha = network.factors[1];
    const sigma = this.controls.sigma(0, step);
    return learningRate * sigma ** 2 * alpha ** 2 * (outputSquares + niwNorm ** 2);
  }
}

function columns<K extends string>(
  records: readonly { [P in K]: number }[],
  keys: readonly K[],
): { [P in K]: Float64Array } {
  // Not `Float64Array.from`, which iterates: it took a twentieth of a run that records every step.
  const entries = keys.map((key) => [key, new Float64Array(records.map((record) => record[key]))]);
  return Object.fromEntries(entries);
}

/** The inverse of `columns`; a column that is empty gives NaN. */
function rows<K extends string>(
  values: Readonly<Record<K | "step", Float64Array>>,
  keys: readonly K[],
): { [P in K]: number }[] {
  return Array.from(
    values.step,
    (_, i) =>
      Object.fromEntries(keys.map((key) => [key, values[key][i] ?? Number.NaN])) as {
        [P in K]: number;
      },
  );
}

/** A loop, because it runs after every step: `every` takes as long as a step of a small network. */
function allFinite(numbers: Float64Array, count: number): boolean {
  for (let i = 0; i < count; i++) if (!Number.isFinite(numbers[i])) return false;
  return true;
}
