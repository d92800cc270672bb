import type { Machine, Session } from "../backend/machine.js";
import type { Dataset, Split } from "../data/dataset.js";
import { type EvaluationList, type Lowered, lower } from "../program/lower.js";
import type { Plan } from "../program/workspace.js";
import type { Trajectory } from "../trajectory/trajectory.js";
import { breathe } from "./breathe.js";
import type { RunInputs } from "./inputs.js";
import { type EvaluationRecord, Recorder } from "./recorder.js";
import type { Schedule } from "./schedule.js";

export interface TrainerHooks {
  /** Ends the run with the signal's reason, within some 50 ms of training. */
  readonly signal?: AbortSignal;
  readonly onRecord?: (record: EvaluationRecord) => void;
  readonly onProgress?: (step: number, steps: number) => void;
}

/** Final `[W | b | W_NI]` of each layer, as `layouts` places them. */
export type Weights = readonly Float64Array[];

export interface TrainerResult {
  readonly trajectory: Trajectory;
  readonly weights: Weights;
  /** Updates made; fewer than scheduled if the run stopped early or left the finite numbers. */
  readonly steps: number;
  /** Time spent on training steps alone. */
  readonly seconds: number;
}

/** A machine is asked for so much work at a time, so that signals are heard and pages stay alive. */
const PIECE_MS = 40;

/** Trains one network on one machine and records what happens. */
export async function runTraining(
  machine: Machine,
  plan: Plan,
  data: Dataset,
  inputs: RunInputs,
  schedule: Schedule,
  hooks: TrainerHooks = {},
): Promise<TrainerResult> {
  const lowered = lower(plan);
  const session = await machine.open(lowered.program);
  try {
    fill(session, lowered, plan, data, inputs);
    return await new Trainer(session, lowered, plan, inputs, schedule, hooks).run();
  } finally {
    session.dispose();
  }
}

function fill(
  session: Session,
  { layers, indices }: Lowered,
  plan: Plan,
  data: Dataset,
  inputs: RunInputs,
): void {
  writeSplit(session, "train", data.train, plan, data.outputs);
  if (data.test) writeSplit(session, "test", data.test, plan, data.outputs);
  for (const [buffer, { first, length }] of Object.entries(indices)) {
    session.write(buffer, counting(first, length));
  }
  session.write("order", counting(0, plan.trainRows));
  for (const l of layers.keys()) session.write(`weights.${l}`, inputs.weights(l));
}

function writeSplit(
  session: Session,
  name: string,
  split: Split,
  plan: Plan,
  outputs: number,
): void {
  session.write(`${name}.inputs`, split.inputs);
  const { targets } = split;
  if (plan.classes && plan.network.loss === "mse") {
    session.write(`${name}.targets`, oneHot(targets, outputs));
    session.write(`${name}.labels`, Float32Array.from(targets));
  } else {
    session.write(`${name}.targets`, plan.classes ? Float32Array.from(targets) : targets);
  }
}

function oneHot(labels: ArrayLike<number>, classes: number): Float32Array {
  const targets = new Float32Array(labels.length * classes);
  for (let i = 0; i < labels.length; i++) targets[i * classes + labels[i]] = 1;
  return targets;
}

function counting(first: number, length: number): Uint32Array {
  return Uint32Array.from({ length }, (_, i) => first + i);
}

class Trainer {
  readonly #session: Session;
  readonly #lowered: Lowered;
  readonly #plan: Plan;
  readonly #inputs: RunInputs;
  readonly #schedule: Schedule;
  readonly #hooks: TrainerHooks;
  readonly #recorder: Recorder;
  #seconds = 0;
  #piece = 1;
  #lastBreath = performance.now();

  constructor(
    session: Session,
    lowered: Lowered,
    plan: Plan,
    inputs: RunInputs,
    schedule: Schedule,
    hooks: TrainerHooks,
  ) {
    this.#session = session;
    this.#lowered = lowered;
    this.#plan = plan;
    this.#inputs = inputs;
    this.#schedule = schedule;
    this.#hooks = hooks;
    this.#recorder = new Recorder(plan, lowered, schedule);
  }

  async run(): Promise<TrainerResult> {
    const { steps, stepsPerEpoch, evaluateEvery } = this.#schedule;
    let done = 0;
    for (let epoch = 0; done < steps; epoch++) {
      this.#startEpoch(epoch);
      if (epoch === 0) await this.#evaluate(0);
      const wanted = Math.min(stepsPerEpoch, steps - done);
      const made = await this.#epoch(epoch, wanted);
      done += made;
      const diverged = made < wanted || !this.#recorder.finite;
      const last = done >= steps || diverged;
      if (last || (epoch + 1) % evaluateEvery === 0) {
        const record = await this.#evaluate(done);
        if (diverged || this.#reached(record)) break;
      }
    }
    const weights = await Promise.all(
      this.#lowered.layers.map((_, l) => this.#session.read(`weights.${l}`)),
    );
    const trajectory = this.#recorder.trajectory();
    return { trajectory, weights, steps: done, seconds: this.#seconds };
  }

  #startEpoch(epoch: number): void {
    const order = this.#inputs.order(epoch);
    if (order) this.#session.write("order", order);
    for (const g of this.#plan.network.noise.keys()) {
      const noise = this.#inputs.noise(g, epoch);
      if (noise) this.#session.write(`noise.${g}`, noise);
    }
  }

  /** Returns the number of updates made: fewer than `count` if a number stopped being finite. */
  async #epoch(epoch: number, count: number): Promise<number> {
    const first = epoch * this.#schedule.stepsPerEpoch;
    let made = 0;
    while (made < count && this.#recorder.finite) {
      const piece = Math.min(this.#piece, count - made);
      const start = performance.now();
      const trace = await this.#session.run("step", made, piece);
      const elapsed = performance.now() - start;
      this.#seconds += elapsed / 1000;
      this.#piece = Math.max(
        1,
        Math.round(piece * Math.min(4, PIECE_MS / Math.max(elapsed, 1e-3))),
      );
      made += this.#recorder.steps(first + made, trace);
      if (performance.now() - this.#lastBreath > PIECE_MS) {
        this.#hooks.onProgress?.(first + made, this.#schedule.steps);
        await breathe();
        this.#lastBreath = performance.now();
      }
      this.#hooks.signal?.throwIfAborted();
    }
    return made;
  }

  async #evaluate(step: number): Promise<EvaluationRecord> {
    const { evaluateTrain, evaluateTest, hasNoise } = this.#lowered;
    const record = this.#recorder.evaluation(step, {
      train: await this.#sums(evaluateTrain),
      test: await this.#sums(evaluateTest),
      norms: await this.#session.run("norms", 0, 1),
      noiseResponse: hasNoise ? (await this.#session.run("noiseResponse", 0, 1))[0] : Number.NaN,
    });
    this.#hooks.onRecord?.(record);
    this.#hooks.onProgress?.(step, this.#schedule.steps);
    return record;
  }

  /** The loss' sum and the number correct over all samples of an evaluation. */
  async #sums(lists: readonly EvaluationList[]): Promise<{ loss: number; correct: number }> {
    const sums = { loss: 0, correct: 0 };
    for (const { list, passes } of lists) {
      const trace = await this.#session.run(list, 0, passes);
      for (let k = 0; k < passes; k++) {
        sums.loss += trace[2 * k];
        sums.correct += trace[2 * k + 1];
      }
    }
    return sums;
  }

  #reached({ trainAccuracy, unperturbedLoss }: EvaluationRecord): boolean {
    const { stop } = this.#schedule;
    return (
      (stop.trainAccuracy !== undefined && trainAccuracy >= stop.trainAccuracy) ||
      (stop.loss !== undefined && unperturbedLoss <= stop.loss)
    );
  }
}
