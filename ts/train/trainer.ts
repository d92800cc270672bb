import { pause } from "../async/pause.js";
import type { Machine, Session } from "../backend/machine.js";
import type { Split } from "../data/dataset.js";
import { InputError } from "../errors/errors.js";
import { type EvaluationList, type Lowered, lower } from "../program/lower.js";
import type { Plan } from "../program/workspace.js";
import type { Trajectory } from "../trajectory/trajectory.js";
import type { Checkpoint, Checkpoints } from "./checkpoint.js";
import { checkpointMisfit } from "./checkpointMisfit.js";
import type { RunInputs } from "./inputs.js";
import { initialParameters, type Weights } from "./parameters.js";
import { type EvaluationRecord, Recorder } from "./recorder.js";
import { isEvaluated, nextEarly, type Schedule } from "./schedule.js";
import type { Setup } from "./setup.js";

export interface TrainerHooks {
  /** Ends the run with the signal's reason, within some 50 ms of training. */
  readonly signal?: AbortSignal;
  /** Receives each evaluation. Training goes on once it has returned, and ends if it returns `"stop"`. */
  readonly onRecord?: (record: EvaluationRecord) => unknown;
  /** Receives the number of updates made, and of all updates, several times a second. */
  readonly onStep?: (step: number, steps: number) => void;
  /** The checkpoint to continue from, and where to save checkpoints. */
  readonly checkpoints?: Checkpoints;
  /** Receives the run's weights at chosen steps. */
  readonly observer?: Observer;
}

/** Receives a run's weights at chosen steps, without changing the run. */
export interface Observer {
  /** The first step, from `step` on, that `look` should see before its update; Infinity for none. */
  next(step: number): number;
  /** Training goes on once it has returned, and ends if it returns `"stop"`. */
  look(state: Observed): unknown;
}

/** The state of a run before one of its updates. */
export interface Observed {
  /** Updates made. */
  readonly step: number;
  /** Epochs made. */
  readonly epoch: number;
  /** `[W | b | W_NI]` of each layer. */
  readonly weights: Weights;
}

export interface TrainerResult {
  readonly trajectory: Trajectory;
  readonly weights: Weights;
  /** Updates made; fewer than scheduled if the run stopped early or left the finite numbers. */
  readonly steps: number;
  /** Time spent on training steps alone. */
  readonly seconds: number;
}

/**
 * Milliseconds of work in one call to a machine, so that signals are heard between calls. On a page's own thread it is
 * half a frame, so that the page keeps drawing.
 */
const PIECE_MS = typeof document === "undefined" ? 40 : 8;

/** Trains one network on one machine and records what happens. */
export async function runTraining(
  machine: Machine,
  setup: Setup,
  hooks: TrainerHooks = {},
): Promise<TrainerResult> {
  const lowered = lower(setup.plan);
  const session = await machine.open(lowered.program);
  try {
    const niwStart = fill(session, lowered, setup);
    const recorder = new Recorder(setup.plan, lowered, setup.schedule, niwStart);
    return await new Trainer(session, lowered, setup, recorder, hooks).run();
  } finally {
    session.dispose();
  }
}

/** Writes all that a run starts from; returns `|W_NI(0)|^2`. */
function fill(
  session: Session,
  { layers, indices }: Lowered,
  { plan, data, inputs }: Setup,
): number {
  writeSplit(session, "train", data.train, plan, data.outputs);
  if (data.test) writeSplit(session, "test", data.test, plan, data.outputs);
  for (const [buffer, { first, length }] of Object.entries(indices)) {
    session.write(buffer, counting(first, length));
  }
  session.write("order", counting(0, plan.trainRows));
  for (const l of layers.keys()) session.write(`weights.${l}`, inputs.weights(l));
  let square = 0;
  for (const [g, niw] of initialParameters(plan.network, inputs).niw.entries()) {
    session.write(`start.niw.${g}`, niw);
    for (const w of niw) square += w * w;
  }
  return square;
}

export function writeSplit(
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

export function counting(first: number, length: number): Uint32Array {
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
  readonly #velocities: boolean;
  /** Number of passes of each list that fit into one call. */
  readonly #pieces = new Map<string, number>();
  #seconds = 0;
  /** Whether a callback has asked for the end. */
  #stopped = false;
  #evaluatedAt = -1;
  #observedAt = -1;
  #lastPause = performance.now();
  #lastCheckpoint = performance.now();

  constructor(
    session: Session,
    lowered: Lowered,
    { plan, inputs, schedule }: Setup,
    recorder: Recorder,
    hooks: TrainerHooks,
  ) {
    this.#session = session;
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
      const end = Math.min((epoch + 1) * stepsPerEpoch, steps, early);
      done = await this.#train(epoch * stepsPerEpoch, done, end);
      if (this.#stopped) {
        // A run that its observer stops still ends with an evaluation.
        if (!this.#recorder.diverged && this.#evaluatedAt !== done) await this.#evaluate(done);
        break;
      }
      const { diverged } = this.#recorder;
      if (diverged || done >= steps || done === early || isEvaluated(this.#schedule, done)) {
        const record = diverged ? await this.#lost(done) : await this.#evaluate(done);
        if (diverged || this.#reached(record)) break;
      }
    }
    const weights = await this.#weights();
    // The weights of a diverged run depend on when the divergence was noticed, and so on the clock: they mean nothing.
    if (this.#recorder.diverged) for (const values of weights) values.fill(Number.NaN);
    if (!this.#recorder.diverged) await this.#observe(done);
    const trajectory = this.#recorder.trajectory();
    return { trajectory, weights, steps: done, seconds: this.#seconds };
  }

  /**
   * Restores a checkpoint's state, if there is one; returns the number of updates made.
   * @throws InputError if it is another run's.
   */
  #restore(): number {
    const from = this.#hooks.checkpoints?.from;
    if (!from) return 0;
    this.#recorder.restore(from.trajectory);
    const recorded = this.#recorder.trajectory();
    const misfit = checkpointMisfit(from, this.#lowered, this.#schedule, recorded);
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
      const trace = await this.#piece("step", done - first, until - done);
      this.#seconds += (performance.now() - start) / 1000;
      done += this.#recorder.steps(done, trace);
      if (this.#pauseIsDue) await this.#pause(done);
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
    this.#lastPause = performance.now();
  }

  #weights(): Promise<Float64Array[]> {
    return Promise.all(this.#lowered.layers.map((_, l) => this.#session.read(`weights.${l}`)));
  }

  /** Runs as many passes over a list as fit into one call, at most `most`; returns their trace. */
  async #piece(list: string, first: number, most: number): Promise<Float64Array> {
    const count = Math.min(this.#pieces.get(list) ?? 1, most);
    const start = performance.now();
    const trace = await this.#session.run(list, first, count);
    const elapsed = Math.max(performance.now() - start, 1e-3);
    this.#pieces.set(list, Math.max(1, Math.round(count * Math.min(4, PIECE_MS / elapsed))));
    return trace;
  }

  get #pauseIsDue(): boolean {
    return performance.now() - this.#lastPause > PIECE_MS;
  }

  async #pause(step: number): Promise<void> {
    this.#hooks.onStep?.(step, this.#schedule.steps);
    await pause();
    this.#lastPause = performance.now();
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
    const checkpoint: Checkpoint = { step, seconds: this.#seconds, buffers, trajectory };
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
        const trace = await this.#piece(list, done, passes - done);
        for (let k = 0; k < trace.length; k += 2) {
          sums.loss += trace[k];
          sums.correct += trace[k + 1];
        }
        done += trace.length / 2;
        if (this.#pauseIsDue) await this.#pause(step);
        this.#hooks.signal?.throwIfAborted();
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
