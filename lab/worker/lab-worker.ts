import { expose, transfer } from "comlink";
import type { Experiment } from "../../ts/experiment/schema.js";
import { forecast } from "../../ts/forecast/forecast.js";
import type { ForecastBoundary } from "../../ts/forecast/forecastResult.js";
import { type Kernels, loadKernels } from "../../ts/kernels/kernels.js";
import { give, givenFiles } from "../maths/files/givenFiles.js";
import { boundariesAtOne, curve, sweepCurve } from "../maths/linearLab.js";
import { mapShare, type Share } from "../maths/mapShare.js";
import { buffersOf, type PhaseMap } from "../maths/phaseMap.js";
import { LINEAR, SWEEP_RATE } from "../state/defaults.js";
import type { MapSpec } from "../state/labState.js";
import { exportApi } from "./exportApi.js";
import { predictApi } from "./predictApi.js";
import { runApi } from "./runApi.js";

const loading: Promise<Kernels> = loadKernels();
/** What the strip of the phases needs of a forecast. */
export interface PredictedStrip {
  readonly boundaries: Record<"decay" | "catapult" | "divergent", ForecastBoundary | null>;
  readonly method: "recursion" | "short runs";
}

const api = {
  ...runApi(loading),
  ...predictApi(loading),
  ...exportApi,
  /** Files that a person dropped on the page, by name. */
  async give(files: ReadonlyMap<string, Blob>) {
    give(files);
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
  async mapShare(model: MapSpec, share: Share): Promise<PhaseMap> {
    const map = await mapShare(await loading, model, share);
    return transfer(map, buffersOf(map));
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
