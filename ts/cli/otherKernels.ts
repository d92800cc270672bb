import { Pacer } from "../async/pause.js";
import type { BackendRecord } from "../backend/machineFor.js";
import { SHADERS } from "../backend/webgpu/embeddedDigest.js";
import { canonicalJson } from "../format/hash.js";
import type { Kernels } from "../kernels/kernels.js";
import type { Store } from "../store/store.js";

/** Prints how many runs of a store were made by other kernels alone: the sweep does not use them. */
export async function sayOtherKernels(
  folder: string,
  store: Store,
  kernels: Kernels,
  say: (line: string) => void,
): Promise<void> {
  const others = new Set<string>();
  const made = new Set<string>();
  const pacer = new Pacer();
  for (const key of store.keys()) {
    const run = store.get(key);
    if (run) (isOf(run.backend, kernels) ? made : others).add(key);
    if (pacer.due) await pacer.rest();
  }
  if (others.size === 0) return;
  const experimentOf = (key: string) => canonicalJson(store.get(key)?.experiment);
  const again = new Set<string>();
  for (const key of made) {
    again.add(experimentOf(key));
    if (pacer.due) await pacer.rest();
  }
  let count = 0;
  for (const key of others) {
    if (!again.has(experimentOf(key))) count++;
    if (pacer.due) await pacer.rest();
  }
  if (count === 0) return;
  const runs = count === 1 ? "a run" : `${count} runs`;
  say(
    `${folder} holds ${runs} by other kernels than these (${kernels.flavour}); the sweep makes its runs among them again`,
  );
}

/** Whether these kernels made a run. Earlier versions did not record the kernels. */
function isOf(
  { kernels: own, shaders }: Partial<BackendRecord>,
  { digest }: Pick<Kernels, "digest">,
): boolean {
  return own === digest && (shaders === undefined || shaders.startsWith(SHADERS));
}
