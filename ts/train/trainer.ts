import type { Machine, Session } from "../backend/machine.js";
import { InputError } from "../errors/errors.js";
import type { EvaluationList, Lowered } from "../program/lower.js";
import { lowerPlan } from "../program/lowerPlan.js";
import type { Plan } from "../program/workspace.js";
import type { Trajectory } from "../trajectory/trajectory.js";
import type { Checkpoint } from "./checkpoint.js";
import { checkpointMisfit } from "./checkpointMisfit.js";
import { fill } from "./fill.js";
import type { TrainerHooks } from "./hooks.js";
import type { RunInputs } from "./inputs.js";
import type { Weights } from "./parameters.js";
import { Pieces } from "./pieces.js";
import { type EvaluationRecord, Recorder } from "./record/recorder.js";
import { isEvaluated, isReached, nextEarly, type Schedule } from "./schedule.js";
import type { Setup } from "./setup.js";
import type { SigmaControl } from "./sigma/sigmaControl.js";

export { counting, writeSplit } from "./fill.js";
export type { Observed, Observer, TrainerHooks } from "./hooks.js";

export interface TrainerResult {
  readonly trajectory: Trajectory;
  /** What the schedules of `sigma` did. */
  readonly controls: readonly SigmaControl[];
  readonly weights: Weights;
  /** Updates made; fewer than scheduled if the run stopped early or left the finite numbers. */
  readonly steps: number;
  /** Time spent on training steps alone. */
  readonly seconds: number;
  /** What the machine changed by itself meanwhile. */
  readonly remark?: string;
}

/** Trains one network on one machine and records what happens. */
export async function runTraining(
  machine: Machine,
  setup: Setup,
  hooks: TrainerHooks = {},
): Promise<TrainerResult> {
  const lowered = await lowerPlan(setup.plan);
  const session = await machine.open(lowered.program);
  try {
    const niwStart = fill(session, lowered, setup);
    const recorder = new Recorder(setup.plan, lowered, setup.schedule, niwStart);
    return await new Trainer(session, lowered, setup, recorder, hooks).run();
  } finally {
    session.dispose();
  }
}

class Trainer {
  readonly #session: Session;
  readonly #lowered: Lowered;
  readonly #plan: Plan;
  readonly #inputs: RunInputs;
  readonly #schedule: Schedule;
  readonly #hooks: TrainerHooks;
  readonly #recorder: Recorder;
  readonly #velocities: boolean;
  readonly #pieces: Pieces;
  #seconds = 0;
  /** Whether a callback has asked for the end. */
  #stopped = false;
  #evaluatedAt = -1;
  #observedAt = -1;
  #lastCheckpoint = performance.now();

  constructor(
    session: Session,
    lowered: Lowered,
    { plan, inputs, schedule }: Setup,
    recorder: Recorder,
    hooks: TrainerHooks,
  ) {
    this.#session = session;
    this.#pieces = new Pieces(session);
    this.#lowered = lowered;
    this.#plan = plan;
    this.#inputs = inputs;
    this.#schedule = schedule;
    this.#hooks = hooks;
    this.#recorder = recorder;
    this.#velocities = plan.momentum > 0;
  }

  async run(): Promise<TrainerResult> {
    const { steps, stepsPerEpoch } = this.#schedule;
    let done = this.#restore();
    let begun = -1;
    while (done < steps && !this.#stopped) {
      const epoch = Math.floor(done / stepsPerEpoch);
      if (epoch !== begun) this.#startEpoch(epoch);
      begun = epoch;
      if (done === 0) await this.#evaluate(0);
      if (this.#stopped) break;
      const early = nextEarly(this.#schedule, done);
      const controlled = this.#recorder.controls.next(done);
      const end = Math.min((epoch + 1) * stepsPerEpoch, steps, early, controlled);
      done = await this.#train(epoch * stepsPerEpoch, done, end);
      if (done === controlled) this.#writeFactors(epoch);
      if (this.#stopped) {
        // A run that its observer stops still ends with an evaluation.
        if (!this.#recorder.diverged && this.#evaluatedAt !== done) await this.#evaluate(done);
        break;
      }
      const { diverged } = this.#recorder;
      if (diverged || done >= steps || done === early || isEvaluated(this.#schedule, done)) {
        const record = diverged ? await this.#lost(done) : await this.#evaluate(done);
        if (diverged || isReached(this.#schedule.stop, record)) break;
      }
    }
    const weights = await this.#weights();
    // The weights of a diverged run depend on when the divergence was noticed, and so on the clock: they mean nothing.
    if (this.#recorder.diverged) for (const values of weights) values.fill(Number.NaN);
    if (!this.#recorder.diverged) await this.#observe(done);
    const trajectory = this.#recorder.trajectory();
    const controls = this.#recorder.controls.record;
    const { remark } = this.#session;
    return { trajectory, controls, weights, steps: done, seconds: this.#seconds, remark };
  }

  /**
   * Restores a checkpoint's state, if there is one; returns the number of updates made.
   * @throws InputError if it is another run's.
   */
  #restore(): number {
    const from = this.#hooks.checkpoints?.from;
    if (!from) return 0;
    this.#recorder.restore(from);
    const recorded = this.#recorder.trajectory();
    const own = this.#recorder.carriedAfter(from.step);
    const misfit = checkpointMisfit(from, this.#lowered, this.#schedule, recorded, own);
    if (misfit) {
      throw new InputError("checkpoint", `checkpoint is not one of this run: ${misfit}`);
    }
    for (const [buffer, values] of Object.entries(from.buffers)) {
      this.#session.write(buffer, values);
    }
    this.#seconds = from.seconds;
    // Fixed noise is drawn in the first epoch only.
    for (const g of this.#plan.network.noise.keys()) {
      const noise = this.#inputs.noise(g, 0);
      if (noise) this.#session.write(`noise.${g}`, noise);
    }
    return from.step;
  }

  #startEpoch(epoch: number): void {
    const order = this.#inputs.order(epoch);
    if (order) this.#session.write("order", order);
    for (const g of this.#plan.network.noise.keys()) {
      const noise = this.#inputs.noise(g, epoch);
      if (noise) this.#session.write(`noise.${g}`, noise);
    }
    this.#writeRegularisers(epoch);
    this.#writeFactors(epoch);
  }

  #writeRegularisers(epoch: number): void {
    const { program, layers } = this.#lowered;
    for (const name of ["inputNoise", "directions"] as const) {
      const values = name in program.buffers && this.#inputs[name]?.(epoch);
      if (values) this.#session.write(name, values);
    }
    if (!this.#plan.dropout || !this.#inputs.kept) return;
    for (let l = 1; l < layers.length; l++) {
      this.#session.write(`kept.${l}`, this.#inputs.kept(l, epoch));
    }
  }

  /** Writes what schedules multiply the noise by in the steps of an epoch; those that are made do not matter any more. */
  #writeFactors(epoch: number): void {
    for (const [buffer, values] of this.#recorder.controls.buffers(epoch)) {
      this.#session.write(buffer, values);
    }
  }

  /** Makes updates `from` to `end` of the epoch that began with update `first`, as long as all stays finite. */
  async #train(first: number, from: number, end: number): Promise<number> {
    const { checkpoints, observer } = this.#hooks;
    let done = from;
    while (done < end && !this.#recorder.diverged && !this.#stopped) {
      // A step of a small network takes a few microseconds: an await that is not needed would be a good part of it.
      if (checkpoints) await this.#checkpoint(done);
      if (observer) await this.#observe(done);
      if (this.#stopped) break;
      const until = Math.min(end, observer?.next(done + 1) ?? end);
      const start = performance.now();
      const trace = await this.#pieces.run("step", done - first, until - done);
      this.#seconds += (performance.now() - start) / 1000;
      done += this.#recorder.steps(done, trace);
      if (this.#pieces.pauseIsDue) await this.#pause(done);
      this.#hooks.signal?.throwIfAborted();
    }
    return done;
  }

  async #observe(step: number): Promise<void> {
    const { observer } = this.#hooks;
    if (observer?.next(step) !== step || this.#observedAt === step) return;
    this.#observedAt = step;
    const epoch = Math.floor(step / this.#schedule.stepsPerEpoch);
    const reply = await observer.look({ step, epoch, weights: await this.#weights() });
    this.#stopped ||= reply === "stop";
    this.#pieces.paused();
  }

  #weights(): Promise<Float64Array[]> {
    return Promise.all(this.#lowered.layers.map((_, l) => this.#session.read(`weights.${l}`)));
  }

  async #pause(step: number): Promise<void> {
    this.#hooks.onStep?.(step, this.#schedule.steps);
    await this.#pieces.pause();
  }

  /** Saves a checkpoint when one is due. It is called between updates, when the record is complete. */
  async #checkpoint(step: number): Promise<void> {
    const { every = 0, save } = this.#hooks.checkpoints ?? {};
    // There is nothing to save at the start.
    if (!save || step === 0) return;
    if (performance.now() - this.#lastCheckpoint < 1000 * every) return;
    const names = this.#lowered.layers.flatMap((_, l) =>
      this.#velocities ? [`weights.${l}`, `velocity.${l}`] : [`weights.${l}`],
    );
    const buffers: Record<string, Float64Array> = {};
    for (const name of names) buffers[name] = await this.#session.read(name);
    const trajectory = this.#recorder.trajectory();
    const { carried } = this.#recorder;
    const checkpoint: Checkpoint = { step, seconds: this.#seconds, buffers, carried, trajectory };
    await save(checkpoint);
    this.#lastCheckpoint = performance.now();
  }

  async #evaluate(step: number): Promise<EvaluationRecord> {
    const { evaluateTrain, evaluateTest, hasNoise } = this.#lowered;
    return this.#evaluated(
      this.#recorder.evaluation(step, {
        train: await this.#sums(step, evaluateTrain),
        test: await this.#sums(step, evaluateTest),
        norms: await this.#session.run("norms", 0, 1),
        noiseResponse: hasNoise ? (await this.#session.run("noiseResponse", 0, 1))[0] : Number.NaN,
      }),
    );
  }

  #lost(step: number): Promise<EvaluationRecord> {
    return this.#evaluated(this.#recorder.lost(step));
  }

  async #evaluated(record: EvaluationRecord): Promise<EvaluationRecord> {
    this.#evaluatedAt = record.step;
    const reply = await this.#hooks.onRecord?.(record);
    this.#stopped ||= reply === "stop";
    this.#hooks.onStep?.(record.step, this.#schedule.steps);
    return record;
  }

  /** The loss' sum and the number correct over all samples of an evaluation. */
  async #sums(
    step: number,
    lists: readonly EvaluationList[],
  ): Promise<{ loss: number; correct: number }> {
    const sums = { loss: 0, correct: 0 };
    for (const { list, passes } of lists) {
      for (let done = 0; done < passes; ) {
        const trace = await this.#pieces.run(list, done, passes - done);
        for (let k = 0; k < trace.length; k += 2) {
          sums.loss += trace[k];
          sums.correct += trace[k + 1];
        }
        done += trace.length / 2;
        if (this.#pieces.pauseIsDue) await this.#pause(step);
        this.#hooks.signal?.throwIfAborted();
      }
    }
    return sums;
  }
}
