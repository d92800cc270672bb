import type { BackendName } from "../../../backend/machineFor.js";
import type { Experiment } from "../../../experiment/schema.js";
import { readable, writable } from "../../../format/nonFiniteJson.js";
import { decodeTrajectory, encodeTrajectory } from "../../../store/checkpointFile.js";
import type { Failure } from "../../pool/outcome.js";
import type { TrainedRun } from "../../runner.js";

/** The queue that coordinators and workers meet at. */
export const QUEUE = "ninscope";

/** A run as it stands in the queue; its job's id is its key, so that it stands there once. */
export interface QueuedRun {
  readonly experiment: Experiment;
  readonly backend: BackendName;
  readonly flavour: string;
  /** SHA-256 of the data that files hold; null: generated from the experiment. */
  readonly data: string | null;
}

/** What came of a run, as JSON. */
export interface QueuedResult extends Omit<TrainedRun, "trajectory"> {
  /** A safetensors file in base 64: float64 bits as they are. */
  readonly trajectory: string;
}

export function packResult({ trajectory, final, evidence, ...rest }: TrainedRun): QueuedResult {
  return {
    ...rest,
    final: writable(final) as TrainedRun["final"],
    evidence: writable(evidence) as TrainedRun["evidence"],
    trajectory: Buffer.from(encodeTrajectory(trajectory)).toString("base64"),
  };
}

export function unpackResult({ trajectory, final, evidence, ...rest }: QueuedResult): TrainedRun {
  return {
    ...rest,
    final: readable(final),
    evidence: readable(evidence),
    trajectory: decodeTrajectory(Buffer.from(trajectory, "base64"), "the queue's result"),
  };
}

/** A failed job says why in one text. */
export function packFailure(failure: Failure): string {
  return JSON.stringify(failure);
}

/** @param text as BullMQ gives it: it may have failed the job for reasons of its own. */
export function unpackFailure(text: string): Failure {
  try {
    return JSON.parse(text);
  } catch {
    return { kind: "run", message: `the queue gave the run up: ${text}`, field: "" };
  }
}
