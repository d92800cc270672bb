import type { Experiment } from "../experiment/schema.js";
import { canonicalJson } from "../format/hash.js";
import { sha256 } from "../format/sha256.js";

/** Must change whenever the same experiment would give other numbers. */
const FORMAT = 1;

/**
 * The key of a run: the SHA-256 of everything that its numbers depend on.
 * @param dataKey hash of the data that files hold; null for generated data.
 */
export function runKey(
  experiment: Experiment,
  dataKey: string | null,
  backend: { readonly name: string; readonly flavour: string },
): Promise<string> {
  const { name, flavour } = backend;
  const all = { format: FORMAT, experiment, data: dataKey, backend: { name, flavour } };
  return sha256(new TextEncoder().encode(canonicalJson(all)));
}
