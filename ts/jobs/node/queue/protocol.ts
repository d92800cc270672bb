import type { BackendName } from "../../../backend/machineFor.js";
import type { Experiment } from "../../../experiment/schema.js";
import { readable, writable } from "../../../format/nonFiniteJson.js";
import { decodeTrajectory, encodeTrajectory } from "../../../store/checkpointFile.js";
import type { Failure } from "../../pool/outcome.js";
import type { TrainedRun } from "../../runner.js";

/** The name of the queue, which coordinators and workers share. */
export const QUEUE = "ninscope";

/** A run in the queue. The id of its job is the run's key, so that the queue holds each run once. */
export interface QueuedRun {
  readonly experiment: Experiment;
  readonly backend: BackendName;
  readonly flavour: string;
  /** SHA-256 of the data if it comes from files; null if it is generated from the experiment. */
  readonly data: string | null;
}

/** The outcome of a run, as JSON. */
export interface QueuedResult extends Omit<TrainedRun, "trajectory"> {
  /** A safetensors file in base 64, which keeps the float64 bits. */
  readonly trajectory: string;
}

export function packResult({
  trajectory,
  final,
  evidence,
  dose,
  ...rest
}: TrainedRun): QueuedResult {
  return {
    ...rest,
    final: writable(final) as TrainedRun["final"],
    evidence: writable(evidence) as TrainedRun["evidence"],
    dose: dose && (writable(dose) as TrainedRun["dose"]),
    trajectory: Buffer.from(encodeTrajectory(trajectory)).toString("base64"),
  };
}

export function unpackResult({
  trajectory,
  final,
  evidence,
  dose,
  ...rest
}: QueuedResult): TrainedRun {
  return {
    ...rest,
    final: readable(final),
    evidence: readable(evidence),
    dose: dose && readable(dose),
    trajectory: decodeTrajectory(Buffer.from(trajectory, "base64"), "the queue's result"),
  };
}

/** Packs a failure into the text of a failed job. */
export function packFailure(failure: Failure): string {
  return JSON.stringify(failure);
}

/** @param text the text of a failed job; BullMQ may have failed the job itself, with another text. */
export function unpackFailure(text: string): Failure {
  try {
    return JSON.parse(text);
  } catch {
    return { kind: "run", message: `the queue gave up the run: ${text}`, field: "" };
  }
}
