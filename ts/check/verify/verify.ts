import type { ExperimentInput } from "../../experiment/schema.js";
import type { VerifyOptions, VerifyResult } from "./verifyResult.js";

export type { VerifyCheck, VerifyOptions, VerifyResult } from "./verifyResult.js";

/**
 * Compares every machine of this host with the float64 reference. It compares each operation of an experiment's
 * program, the parameters after 1, 10 and 100 steps, and the linear model's phases over a sweep of sigma.
 * @throws InputError if the experiment is not valid or its data is not available; the signal's reason if it is aborted.
 */
export async function verify(
  input?: ExperimentInput,
  options: VerifyOptions = {},
): Promise<VerifyResult> {
  // Loaded on demand, so that a page that never verifies does not load the checks.
  const { verifyHere } = await import("./verifier.js");
  return verifyHere(input, options);
}
