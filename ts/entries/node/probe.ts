/**
 * The probe in Node: the same names as in browsers; jobs read files and find the GPU of this machine.
 * @module ninscope/probe (Node)
 */
import type { Dataset } from "../../data/dataset.js";
import type { ExperimentInput } from "../../experiment/schema.js";
import type { SweepInput } from "../../experiment/sweep.js";
import { spawnThread, threadsHere } from "../../jobs/pool/node/spawn.js";
import * as portable from "../probe.js";
import { withGpu, withHost } from "./host.js";

export * from "../probe.js";

/** As in browsers; `webgpu` is this machine's GPU. */
export function curvatureOf(
  network: Pick<portable.OwnNetwork, "network" | "parameters">,
  dataset: Dataset,
  options: portable.CurvatureOfOptions,
): Promise<portable.NetworkCurvature> {
  return portable.curvatureOf(network, dataset, withGpu(options));
}

/** As in browsers; it reads files of this machine. */
export function probe(
  input: ExperimentInput,
  options: portable.ProbeOptions = {},
): Promise<portable.ProbeResult> {
  return portable.probe(input, withHost(options));
}

/** As in browsers; it reads files of this machine. */
export function bystander(
  input: ExperimentInput,
  options: portable.BystanderOptions = {},
): Promise<portable.BystanderResult> {
  return portable.bystander(input, withHost(options));
}

/** As in browsers; it reads files of this machine. */
export function forecast(
  input: ExperimentInput,
  options: portable.ForecastOptions = {},
): Promise<portable.Forecast> {
  return portable.forecast(input, withHost(options));
}

/** As in browsers; it reads files of this machine. */
export function ninr(
  input: ExperimentInput,
  options: portable.NinrOptions = {},
): Promise<portable.Ninr> {
  return portable.ninr(input, withHost(options));
}

/** As in browsers; it reads files of this machine. */
export function predictionOf(
  input: ExperimentInput,
  options: portable.PredictionOptions = {},
): Promise<portable.Prediction> {
  return portable.predictionOf(input, withHost(options));
}

/** As in browsers; it reads files of this machine. */
export function validity(
  input: ExperimentInput,
  options: portable.ValidityOptions,
): Promise<portable.ValidityCell[]> {
  return portable.validity(input, withHost(options));
}

/** As in browsers, on as many threads as this machine has cores; it reads files of this machine. */
export function figureOne(
  input: SweepInput,
  options: portable.FigureOneOptions = {},
): Promise<portable.FigureOne> {
  const workers = threadsHere();
  return portable.figureOne(input, withHost({ workers, spawn: spawnThread, ...options }));
}
