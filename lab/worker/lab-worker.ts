import { expose } from "comlink";
import { RunError } from "../../ts/errors/errors.js";
import type { Experiment } from "../../ts/experiment/schema.js";
import { forecast } from "../../ts/forecast/forecast.js";
import type { ForecastBoundary } from "../../ts/forecast/forecastResult.js";
import { type Kernels, loadKernels } from "../../ts/kernels/kernels.js";
import { give, givenFiles } from "../maths/givenFiles.js";
import { boundariesAtOne, curve, mapRows, sweepCurve } from "../maths/linearLab.js";
import type { MapCell } from "../maths/linearSigmas.js";
import { type Frame, LiveRun } from "../maths/liveRun.js";
import { LINEAR, SWEEP_RATE } from "../state/defaults.js";
import type { MapSpec } from "../state/labState.js";

const loading: Promise<Kernels> = loadKernels();
let run: LiveRun | null = null;
/** Opening and seeking take turns, in the order in which they were asked for. */
let turn: Promise<void> = Promise.resolve();

function inTurn(work: () => Promise<void>): Promise<void> {
  turn = turn.then(work, work);
  return turn;
}

const needed = () => {
  if (!run) throw new RunError("no run is open");
  return run;
};

/** What the strip of the phases needs of a forecast. */
export interface PredictedStrip {
  readonly boundaries: Record<"decay" | "catapult" | "divergent", ForecastBoundary | null>;
  readonly method: "recursion" | "short runs";
}

const api = {
  /** Opens a run in the place of the one before; it waits at its start. */
  open(
    experiment: Experiment,
    show: (frame: Frame) => void,
    failed: (message: string) => void,
  ): Promise<void> {
    return inTurn(async () => {
      await run?.dispose();
      run = null;
      run = await LiveRun.open(experiment, await loading, show);
      run.onFailure((error) => failed(error instanceof Error ? error.message : String(error)));
    });
  },
  /** Files that a person dropped on the page, by name. */
  async give(files: ReadonlyMap<string, Blob>) {
    give(files);
  },
  async play() {
    needed().play();
  },
  async pause() {
    needed().pause();
  },
  async advance(from: number, count: number) {
    needed().advance(from, count);
  },
  async slow(slowness: number) {
    needed().slow(slowness);
  },
  seek(step: number): Promise<void> {
    return inTurn(() => needed().seek(step));
  },
  async forecast(experiment: Experiment): Promise<PredictedStrip> {
    const kernels = await loading;
    const options = { kernels, files: givenFiles, backend: "wasm", effort: "run" } as const;
    const { boundaries, method } = await forecast(experiment, options);
    return { boundaries, method };
  },
  async sweepCurve(sigma: number) {
    return sweepCurve(await loading, sigma);
  },
  async sweepBoundaries() {
    const { decay, catapult, divergent } = await boundariesAtOne(await loading, { ...LINEAR });
    const root = Math.sqrt(SWEEP_RATE);
    return { decay: decay / root, catapult: catapult / root, divergent: divergent / root };
  },
  async mapRows(model: MapSpec, rates: readonly number[]): Promise<MapCell[]> {
    return mapRows(await loading, model, rates);
  },
  async curve(model: MapSpec, sigma: number, learningRate: number) {
    return curve(await loading, model, sigma, learningRate);
  },
  async mapBoundaries(model: MapSpec) {
    return boundariesAtOne(await loading, model);
  },
};

export type LabWorker = typeof api;
expose(api);
