import type { ExperimentInput } from "../../experiment/schema.js";
import type { VerifyOptions, VerifyResult } from "./verifyResult.js";

export type { VerifyCheck, VerifyOptions, VerifyResult } from "./verifyResult.js";

/**
 * Compares every machine of this host with the float64 reference: each operation of an experiment's program, its
 * parameters after 1, 10 and 100 steps, and the phases of the linear model over a sweep of sigma.
 * @throws InputError if the experiment is not valid or its data cannot be had; the signal's reason if it is aborted.
 */
export async function verify(
  input?: ExperimentInput,
  options: VerifyOptions = {},
): Promise<VerifyResult> {
  // A page that never asks does not load the checks.
  const { verifyHere } = await import("./verifier.js");
  return verifyHere(input, options);
}
