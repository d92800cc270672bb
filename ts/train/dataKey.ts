import type { Dataset, Split } from "../data/dataset.js";
import type { DataSpec } from "../data/specs.js";
import { sha256 } from "../digest/sha256.js";
import type { Experiment } from "../experiment/schema.js";
import { canonicalJson } from "../format/hash.js";

/** A data set and the SHA-256 of its contents, which identifies it in every process. */
export interface KeyedDataset {
  readonly key: string;
  readonly dataset: Dataset;
}

const GENERATED: ReadonlySet<DataSpec["name"]> = new Set([
  "linear-regression",
  "teacher",
  "gaussian-mixture",
  "spiral",
]);

/** Whether the samples are a function of the experiment alone, so that no file is needed. */
export function isGenerated(data: DataSpec): boolean {
  return GENERATED.has(data.name);
}

/** What generated samples depend on. */
export function generatedKey({ data, seed }: Experiment): string {
  return canonicalJson([data, seed]);
}

/** SHA-256 over a data set's shape and numbers, as they are stored. */
export async function hashDataset({ name: _, train, test, ...shape }: Dataset): Promise<string> {
  // One after the other: together they would share a page's task.
  const splits = [await hashSplit(train), test && (await hashSplit(test))];
  return sha256(new TextEncoder().encode(canonicalJson([shape, splits])));
}

async function hashSplit({ rows, inputs, targets }: Split): Promise<unknown> {
  return { rows, inputs: await hashArray(inputs), targets: await hashArray(targets) };
}

async function hashArray(values: Split["inputs"] | Split["targets"]): Promise<string> {
  const { buffer, byteOffset, byteLength } = values;
  const stored = new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
  // The digest takes no memory that threads share.
  const shared = Object.prototype.toString.call(buffer) === "[object SharedArrayBuffer]";
  const bytes = shared ? stored.slice() : stored;
  return `${values[Symbol.toStringTag]}:${await sha256(bytes)}`;
}
