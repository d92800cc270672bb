import { Pacer } from "./pause.js";

/**
 * Maps items one after another, and pauses whenever half a frame has passed, so that a page draws and a signal is heard.
 * @throws the signal's reason, within one item of its abort.
 */
export async function mapInTurns<T, R>(
  items: readonly T[],
  work: (item: T) => R,
  signal?: AbortSignal,
): Promise<R[]> {
  const pacer = new Pacer();
  const results: R[] = [];
  for (const item of items) {
    if (pacer.due) await pacer.rest();
    signal?.throwIfAborted();
    results.push(work(item));
  }
  return results;
}
