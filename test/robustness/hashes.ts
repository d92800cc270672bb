import { sha256 } from "../../ts/digest/sha256.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import { Streams } from "../../ts/random/streams.js";
import { corrupt } from "../../ts/robustness/corruptions/corrupt.js";
import { CORRUPTION_NAMES } from "../../ts/robustness/corruptions/corruptions.js";
import { PIXELS } from "../../ts/robustness/corruptions/image.js";
import { uniforms } from "./draws.js";

/** SHA-256 of what each corruption makes of four images at severities 1 to 5. It is the same on every host. */
export async function corruptionHashes(): Promise<Record<string, string>> {
  const streams = new Streams(await loadKernels(), 7);
  const images = Float32Array.from(uniforms(4 * PIXELS, 3), (u) => Math.max(0, 2 * u - 1));
  const hashes: Record<string, string> = {};
  for (const name of CORRUPTION_NAMES) {
    const all = [1, 2, 3, 4, 5].flatMap((severity) => [
      ...corrupt(images, name, severity, streams, 10),
    ]);
    hashes[name] = await sha256(new Uint8Array(Float32Array.from(all).buffer));
  }
  return hashes;
}
