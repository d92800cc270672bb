import { type VerifyResult, verify } from "../../ts/run/verify/verify.js";

/** What a page finds of its own machines. */
export function verifyHere(): Promise<VerifyResult> {
  return verify({
    network: { layers: [10], activation: "tanh" },
    data: { name: "gaussian-mixture", inputs: 3, classes: 3, train: 30, test: 0 },
    optimizer: { batchSize: 10 },
  });
}
