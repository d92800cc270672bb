import type { Evidence } from "../../../ts/analysis/classify.js";
import type { Final } from "../../../ts/train/record/final.js";
import { EVALUATION_COLUMNS, STEP_COLUMNS } from "../../../ts/train/record/recorder.js";
import type { Trajectory } from "../../../ts/trajectory/trajectory.js";
import type { NetworkPicture } from "./networkPicture.js";
import type { StepReading } from "./stepReading.js";

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
  readonly end: RunEnd | null;
  readonly picture: NetworkPicture;
  readonly cost: StepCost;
  readonly machine: MachineNote;
}

export interface RunEnd {
  readonly final: Final;
  /** SHA-256 of the run. */
  readonly hash: string;
  /** The machines that made it, in words. */
  readonly machines: string;
  /** Whether a condition of the experiment ended it before its last step. */
  readonly early: boolean;
}

export interface StepCost {
  /** Microseconds that an update took on average on the present machine; 0 if none was made. */
  readonly micros: number;
  /** Floating point operations of one update, in its matrix products. */
  readonly flops: number;
}

/** Which machine computes, and why. */
export interface MachineNote {
  readonly name: "wasm" | "webgpu" | "reference";
  readonly flavour: string;
  readonly why: string;
}

/** The record of a run that has made no step. */
export const EMPTY: Trajectory = {
  steps: emptyColumns(STEP_COLUMNS),
  evaluations: emptyColumns(EVALUATION_COLUMNS),
};

function emptyColumns<K extends string>(names: readonly K[]): Record<K, Float64Array> {
  return Object.fromEntries(names.map((name) => [name, new Float64Array(0)])) as Record<
    K,
    Float64Array
  >;
}
