import { withoutPlaces } from "../experiment/dataPaths.js";
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
  // The data are known by what is in them, wherever their files lie.
  const placeless = withoutPlaces(experiment);
  const all = { format: FORMAT, experiment: placeless, data: dataKey, backend: { name, flavour } };
  return sha256(new TextEncoder().encode(canonicalJson(all)));
}
