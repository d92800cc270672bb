import { classify } from "../../../ts/analysis/classify.js";
import type { PhaseScales } from "../../../ts/analysis/phaseNumbers.js";
import { isLost } from "../../../ts/backend/gpuMachine.js";
import { RunError } from "../../../ts/errors/errors.js";
import type { Experiment } from "../../../ts/experiment/schema.js";
import { hashRuns } from "../../../ts/format/hash.js";
import type { Kernels } from "../../../ts/kernels/kernels.js";
import { flops } from "../../../ts/program/flops.js";
import { lowerPlan } from "../../../ts/program/lowerPlan.js";
import type { Checkpoint } from "../../../ts/train/checkpoint.js";
import { type RunResult, runExperiment } from "../../../ts/train/experimentRun.js";
import type { Observed } from "../../../ts/train/hooks.js";
import { initialParameters, type Parameters, parametersOf } from "../../../ts/train/parameters.js";
import { type Prepared, prepare } from "../../../ts/train/prepare.js";
import { phaseScales } from "../../../ts/train/record/phaseScales.js";
import type { MachineChoice } from "../../state/labState.js";
import { givenFiles } from "../files/givenFiles.js";
import { CurvatureReadings } from "./curvatureReadings.js";
import { EMPTY, type Frame, type MachineNote, type StepCost } from "./frame.js";
import { Gate } from "./gate.js";
import { KeptCheckpoints } from "./keptCheckpoints.js";
import { onMachine } from "./machines.js";
import { MadeBy } from "./madeBy.js";
import { type NetworkPicture, networkPicture } from "./networkPicture.js";

/** Frames of a run that plays at its usual pace, and their distance in milliseconds. */
const FRAMES = 120;
const FRAME_MS = 33;

/** The functions that a run calls when something happens. */
export interface Watcher {
  show(frame: Frame): void;
  /** Something that the visitor should know, after which the run goes on. */
  note(message: string): void;
  failed(message: string): void;
}

/**
 * One experiment that is trained while somebody watches. It can wait at any step, and go back to any step: the run is
 * then repeated from the checkpoint before that step, to the same bits. Another machine can take over while it runs.
 */
export class LiveRun {
  #prepared: Prepared;
  readonly #scales: PhaseScales;
  readonly #start: Parameters["niw"];
  readonly #flops: number;
  readonly #watcher: Watcher;
  readonly #kept = new KeptCheckpoints();
  readonly #readings: CurvatureReadings;
  readonly #made = new MadeBy();
  #gate = new Gate();
  /** Ends once the present training has ended. */
  #training: Promise<void> = Promise.resolve();
  #saved: Checkpoint | null = null;
  /** Time on training steps up to where the present machine took over. */
  #before = 0;
  #at = 0;
  #over = false;
  #slowness = 1;

  private constructor(prepared: Prepared, flopsPerStep: number, watcher: Watcher) {
    const { plan, data, inputs, experiment } = prepared;
    this.#prepared = prepared;
    this.#scales = phaseScales(plan, data, inputs);
    this.#start = initialParameters(plan.network, inputs).niw;
    this.#flops = flopsPerStep;
    this.#readings = new CurvatureReadings(experiment);
    this.#watcher = watcher;
  }

  /**
   * Prepares a run, which waits before its first update. Where the machine is missing, WebAssembly takes its place.
   * @throws InputError as `train` does.
   */
  static async open(
    experiment: Experiment,
    kernels: Kernels,
    { machine, slowness = 1 }: { readonly machine: MachineChoice; readonly slowness?: number },
    watcher: Watcher,
  ): Promise<LiveRun> {
    const onCpu = await prepare(experiment, { kernels, backend: "wasm", files: givenFiles });
    const prepared = await onMachine(onCpu, machine).catch((error: unknown) => {
      if (!(error instanceof RunError)) throw error;
      watcher.note(`${error.message}. The run is made on WebAssembly.`);
      return onMachine(onCpu, "wasm");
    });
    const { program } = await lowerPlan(prepared.plan);
    const run = new LiveRun(prepared, flops(program.lists.step.ops), watcher);
    run.slow(slowness);
    run.#made.from(0, prepared.machine);
    run.#train(null, 0, 0);
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
    const from = this.#kept.before(step);
    // What another machine made is not repeated by this one to the same bits.
    const { machine } = this.#prepared;
    if (this.#made.isMixed || !this.#made.isLast(machine)) this.#takeOver(from);
    this.#train(from, step, step);
  }

  /**
   * Lets another machine go on from where the run is.
   * @throws RunError if there is no such machine; the run then stays where it was.
   */
  async switchTo(machine: MachineChoice): Promise<void> {
    const next = await onMachine(this.#prepared, machine);
    const until = this.#gate.until;
    const isOver = this.#over;
    await this.#end();
    this.#prepared = next;
    if (isOver) return this.#watcher.note("The next run is made on the machine that you chose.");
    this.#goOn(until);
  }

  async dispose(): Promise<void> {
    await this.#end();
    this.#prepared.dispose();
  }

  async #end(): Promise<void> {
    this.#gate.close();
    await this.#training;
  }

  /** Goes on from the last checkpoint, up to `until`. */
  #goOn(until: number): void {
    const from = this.#saved;
    const step = from?.step ?? 0;
    this.#takeOver(from);
    this.#train(from, step, Math.max(step, until));
  }

  /** From this checkpoint on, the present machine makes the updates. */
  #takeOver(from: Checkpoint | null): void {
    const step = from?.step ?? 0;
    if (from) this.#kept.endWith(from);
    else this.#kept.dropAfter(-1);
    this.#readings.dropFrom(step);
    this.#made.from(step, this.#prepared.machine);
    this.#before = from?.seconds ?? 0;
  }

  /** Trains from a checkpoint; shows nothing before `quietUntil`, and waits at `until`. */
  #train(from: Checkpoint | null, quietUntil: number, until: number): void {
    const gate = new Gate();
    gate.open(until);
    this.#gate = gate;
    this.#over = false;
    this.#saved = from;
    this.#training = this.#run(gate, quietUntil).catch((error: unknown) =>
      this.#failed(gate, error),
    );
  }

  /** A run whose GPU was lost goes on without it. */
  async #failed(gate: Gate, error: unknown): Promise<void> {
    if (gate.closed) return;
    const message = error instanceof Error ? error.message : String(error);
    if (!isLost(this.#prepared.machine)) return this.#watcher.failed(message);
    const cpu = await onMachine(this.#prepared, "wasm");
    if (gate.closed) return;
    this.#prepared = cpu;
    const step = this.#saved?.step ?? 0;
    this.#watcher.note(
      `The GPU was lost at step ${this.#at}. The run goes on on WebAssembly, from its checkpoint of step ${step}.`,
    );
    this.#goOn(gate.until);
  }

  async #run(gate: Gate, quietUntil: number): Promise<void> {
    const { schedule } = this.#prepared;
    const stride = () =>
      this.#slowness > 1 ? 1 : Math.max(1, Math.round(schedule.steps / FRAMES));
    const frameAt = (step: number) => step % stride() === 0 || step === gate.until;
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
          const { step } = state;
          const niw = this.#niwOf(state);
          this.#at = step;
          this.#readings.take(step, niw);
          if (step >= schedule.steps) return;
          if (frameAt(step) || step >= gate.until) {
            if (step >= quietUntil) this.#showAt(step, niw);
            if (step > quietUntil) await rest(FRAME_MS * Math.min(this.#slowness, 16));
            await gate.pass(step);
          }
          return gate.closed ? "stop" : undefined;
        },
      },
    });
    if (gate.closed) return;
    this.#over = true;
    await this.#showEnd(result);
  }

  #niwOf({ weights }: Pick<Observed, "weights">): Parameters["niw"] {
    return parametersOf(this.#prepared.plan.network, weights).niw;
  }

  #pictureOf(niw: Parameters["niw"]): NetworkPicture {
    return networkPicture(this.#prepared.plan.network, niw, this.#start);
  }

  #costAt(step: number, seconds: number): StepCost {
    const made = step - this.#made.since;
    const micros = made > 0 ? (1e6 * (seconds - this.#before)) / made : 0;
    return { micros, flops: this.#flops };
  }

  get #machine(): MachineNote {
    const { machine, why = "" } = this.#prepared;
    return { name: machine.name, flavour: machine.flavour, why };
  }

  #showAt(step: number, niw: Parameters["niw"]): void {
    const saved = step > 0 ? this.#saved : null;
    const trajectory = saved?.trajectory ?? EMPTY;
    this.#watcher.show({
      step,
      steps: this.#prepared.schedule.steps,
      trajectory,
      readings: this.#readings.until(step),
      evidence: trajectory.steps.step.length > 0 ? classify(trajectory, this.#scales) : null,
      end: null,
      picture: this.#pictureOf(niw),
      cost: this.#costAt(step, saved?.seconds ?? 0),
      machine: this.#machine,
    });
  }

  async #showEnd(result: RunResult): Promise<void> {
    const { trajectory, evidence, final, timing, parameters } = result;
    const { steps } = this.#prepared.schedule;
    this.#watcher.show({
      step: timing.steps,
      steps,
      trajectory,
      readings: this.#readings.until(timing.steps),
      evidence,
      end: {
        final,
        hash: await hashRuns([result]),
        machines: this.#made.words,
        early: timing.steps < steps && evidence.finite,
      },
      picture: this.#pictureOf(parameters.niw),
      cost: this.#costAt(timing.steps, timing.seconds),
      machine: this.#machine,
    });
  }
}

function rest(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
