import { classify, type Evidence } from "../../ts/analysis/classify.js";
import type { PhaseScales } from "../../ts/analysis/phaseNumbers.js";
import type { Experiment } from "../../ts/experiment/schema.js";
import { hashRuns } from "../../ts/format/hash.js";
import type { Kernels } from "../../ts/kernels/kernels.js";
import type { Checkpoint } from "../../ts/train/checkpoint.js";
import { type RunResult, runExperiment } from "../../ts/train/experimentRun.js";
import type { Final } from "../../ts/train/final.js";
import type { Observed } from "../../ts/train/hooks.js";
import { type Parameters, parametersOf } from "../../ts/train/parameters.js";
import { phaseScales } from "../../ts/train/phaseScales.js";
import { type Prepared, prepare } from "../../ts/train/prepare.js";
import type { Trajectory } from "../../ts/trajectory/trajectory.js";
import { Gate } from "./gate.js";
import { givenFiles } from "./givenFiles.js";
import { KeptCheckpoints } from "./keptCheckpoints.js";
import { readableSigma, type StepReading, stepReading } from "./stepReading.js";

/** What a run shows at one moment. */
export interface Frame {
  /** Updates made, and updates in all. */
  readonly step: number;
  readonly steps: number;
  readonly trajectory: Trajectory;
  readonly readings: readonly StepReading[];
  /** The phase so far; null before the first update. */
  readonly evidence: Evidence | null;
  /** What the whole run has shown; null until it is over. */
  readonly end: { readonly final: Final; readonly hash: string; readonly machine: string } | null;
  /** Microseconds an update took on average; 0 if none was made. */
  readonly cost: number;
}

/** Frames of a run that plays at its usual pace, and their distance in milliseconds. */
const FRAMES = 120;
const FRAME_MS = 33;

const EMPTY: Trajectory = {
  steps: emptyColumns(["step", "loss", "niwNorm", "effectiveNiw", "kappa", "memory", "kick"]),
  evaluations: emptyColumns([
    ...(["step", "epoch", "unperturbedLoss", "trainAccuracy", "testLoss", "testAccuracy"] as const),
    ...(["niwNorm", "memory", "effectiveNiw"] as const),
  ]),
};

/**
 * One experiment that is trained while somebody watches. It can wait at any step, and go back to any step: the run is
 * then repeated from the checkpoint before that step, to the same bits.
 */
export class LiveRun {
  readonly #prepared: Prepared;
  readonly #scales: PhaseScales;
  readonly #sigma: number | null;
  readonly #show: (frame: Frame) => void;
  readonly #kept = new KeptCheckpoints();
  readonly #readings = new Map<number, number>();
  #gate = new Gate();
  /** Ends once the present training has ended. */
  #training: Promise<void> = Promise.resolve();
  #saved: Checkpoint | null = null;
  #over = false;
  #slowness = 1;

  private constructor(prepared: Prepared, show: (frame: Frame) => void) {
    this.#prepared = prepared;
    this.#scales = phaseScales(prepared.plan, prepared.data, prepared.inputs);
    this.#sigma = readableSigma(prepared.experiment);
    this.#show = show;
  }

  /** Prepares a run, which waits before its first update. */
  static async open(
    experiment: Experiment,
    kernels: Kernels,
    show: (frame: Frame) => void,
  ): Promise<LiveRun> {
    const run = new LiveRun(
      await prepare(experiment, { kernels, backend: "wasm", files: givenFiles }),
      show,
    );
    run.#train(0, 0);
    return run;
  }

  play(): void {
    if (!this.#over) this.#gate.open(Number.POSITIVE_INFINITY);
  }

  /** Waits at the next frame. */
  pause(): void {
    if (!this.#over) this.#gate.open(0);
  }

  /** Makes `count` updates from where the run waits. */
  advance(from: number, count: number): void {
    if (!this.#over) this.#gate.open(from + count);
  }

  /** 1: the usual pace; 8: an eighth of it. */
  slow(slowness: number): void {
    this.#slowness = slowness;
  }

  /** Goes to a step, forwards or back, and waits there. */
  async seek(step: number): Promise<void> {
    await this.#end();
    this.#train(step, step);
  }

  async dispose(): Promise<void> {
    await this.#end();
    this.#prepared.dispose();
  }

  async #end(): Promise<void> {
    this.#gate.close();
    await this.#training;
  }

  /** Trains from the checkpoint before `from`; shows nothing before it, and waits at `until`. */
  #train(from: number, until: number): void {
    const gate = new Gate();
    gate.open(until);
    this.#gate = gate;
    this.#over = false;
    this.#saved = this.#kept.before(from);
    this.#training = this.#run(gate, from).catch((error: unknown) => {
      // The page shows it; this promise is only waited for.
      if (!gate.closed) this.#failed(error);
    });
  }

  #failed: (error: unknown) => void = () => {};

  /** Whom to tell that the run failed. */
  onFailure(tell: (error: unknown) => void): void {
    this.#failed = tell;
  }

  async #run(gate: Gate, quietUntil: number): Promise<void> {
    const { schedule } = this.#prepared;
    const stride = () =>
      this.#slowness > 1 ? 1 : Math.max(1, Math.round(schedule.steps / FRAMES));
    const frameAt = (step: number) => step % stride() === 0 || step === gate.until;
    let last: { step: number; niw: Parameters["niw"] } | null = null;
    const result = await runExperiment(this.#prepared, {
      checkpoints: {
        from: this.#saved,
        every: 0,
        save: (checkpoint) => {
          this.#saved = checkpoint;
          this.#kept.save(checkpoint);
        },
      },
      observer: {
        // A frame, and the step after it, which reads the curvature.
        next: (step) => {
          const beyond = step % stride();
          const frame = beyond <= 1 ? step : step + stride() - beyond;
          return step <= gate.until ? Math.min(frame, gate.until) : frame;
        },
        look: async (state) => {
          if (gate.closed) return "stop";
          const niw = this.#niwOf(state);
          if (last?.step === state.step - 1) this.#read(last, niw);
          last = { step: state.step, niw };
          if (state.step >= schedule.steps) return;
          if (frameAt(state.step) || state.step >= gate.until) {
            if (state.step >= quietUntil) this.#showAt(state.step);
            if (state.step > quietUntil) await rest(FRAME_MS * Math.min(this.#slowness, 16));
            await gate.pass(state.step);
          }
          return gate.closed ? "stop" : undefined;
        },
      },
    });
    if (gate.closed) return;
    this.#over = true;
    await this.#showEnd(result);
  }

  #niwOf({ weights }: Observed): Parameters["niw"] {
    return parametersOf(this.#prepared.plan.network, weights).niw;
  }

  #read(before: { step: number; niw: Parameters["niw"] }, after: Parameters["niw"]): void {
    if (this.#sigma === null) return;
    const { learningRate } = this.#prepared.experiment.optimizer;
    this.#readings.set(before.step, stepReading(before.niw, after, this.#sigma, learningRate));
  }

  #readingsUntil(step: number): StepReading[] {
    return [...this.#readings]
      .filter(([at]) => at < step)
      .sort(([a], [b]) => a - b)
      .map(([at, value]) => ({ step: at, value }));
  }

  #showAt(step: number): void {
    const saved = step > 0 ? this.#saved : null;
    const trajectory = saved?.trajectory ?? EMPTY;
    this.#show({
      step,
      steps: this.#prepared.schedule.steps,
      trajectory,
      readings: this.#readingsUntil(step),
      evidence: trajectory.steps.step.length > 0 ? classify(trajectory, this.#scales) : null,
      end: null,
      cost: saved && saved.step > 0 ? (1e6 * saved.seconds) / saved.step : 0,
    });
  }

  async #showEnd(result: RunResult): Promise<void> {
    const { trajectory, evidence, final, timing, backend } = result;
    this.#show({
      step: timing.steps,
      steps: this.#prepared.schedule.steps,
      trajectory,
      readings: this.#readingsUntil(timing.steps),
      evidence,
      end: {
        final,
        hash: await hashRuns([result]),
        machine: `${backend.name} (${backend.flavour})`,
      },
      cost: timing.steps > 0 ? (1e6 * timing.seconds) / timing.steps : 0,
    });
  }
}

function rest(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function emptyColumns<K extends string>(names: readonly K[]): Record<K, Float64Array> {
  return Object.fromEntries(names.map((name) => [name, new Float64Array(0)])) as Record<
    K,
    Float64Array
  >;
}
