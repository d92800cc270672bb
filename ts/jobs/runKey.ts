import type { BackendRecord } from "../backend/machineFor.js";
import { sha256 } from "../digest/sha256.js";
import { withoutPlaces } from "../experiment/dataPaths.js";
import type { Experiment } from "../experiment/schema.js";
import { canonicalJson } from "../format/hash.js";

/** Must change whenever the same experiment would give other numbers. */
const FORMAT = 3;

/**
 * The key of a run: the SHA-256 of everything that its numbers depend on.
 * @param dataKey hash of the data that files hold; null for generated data.
 */
export function runKey(
  experiment: Experiment,
  dataKey: string | null,
  backend: BackendRecord,
): Promise<string> {
  const { why: _, ...machine } = backend;
  // The data are known by what is in them, wherever their files lie.
  const placeless = withoutPlaces(experiment);
  const all = { format: FORMAT, experiment: placeless, data: dataKey, backend: machine };
  return sha256(new TextEncoder().encode(canonicalJson(all)));
}
