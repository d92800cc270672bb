import type { OnProgress } from "../async/progress.js";
import type { Dataset } from "../data/dataset.js";
import type { WorkerOptions } from "../jobs/makeRunner.js";
import type { Measured, TrainedNetwork } from "../store/measurements.js";
import type { HostOptions } from "../train/prepare.js";
import type { RobustnessSettings } from "./settings.js";

/** Images of another domain, for a test of networks that were trained on one set and are used on another. */
export interface TestSet {
  /** Name in results. */
  readonly name: string;
  /** Its test samples are used; its training samples if it has no others. */
  readonly dataset: Dataset;
}

/** Where networks and measurements are kept, by the SHA-256 of all that they depend on. */
export interface RobustnessStore {
  /** A measurement; undefined if it has not been made. */
  get(key: string): Measured | undefined;
  /** Adds a measurement. */
  put(key: string, measured: Measured): Promise<void>;
  /** A trained network; null if there is none. */
  network(key: string): Promise<TrainedNetwork | null>;
  /** Keeps a trained network. */
  putNetwork(key: string, network: TrainedNetwork): Promise<void>;
}

/** How to measure. */
export interface RobustnessOptions
  extends RobustnessSettings,
    WorkerOptions,
    Pick<HostOptions, "backend" | "gpu" | "fast" | "kernels" | "signal"> {
  /** Images of other domains. If there are none, the test images at half their resolution take their place. */
  readonly testSets?: readonly TestSet[];
  /** Reports the networks that are trained and the measurements that are made. */
  readonly onProgress?: OnProgress;
  /** Keeps networks and measurements, and uses those that it has. */
  readonly store?: RobustnessStore;
}

/** The part of the options that says what is measured, without where and how it is computed. */
export function settingsIn(options: RobustnessOptions): RobustnessSettings {
  const { backend: _, gpu: _1, fast: _2, kernels: _3, signal: _4, workers: _5, ...own } = options;
  const { spawn: _6, testSets: _7, onProgress: _8, store: _9, ...settings } = own;
  return settings;
}
