/**
 * Works on items, `atOnce` at a time, and yields each result when it is ready. A new item starts only when a result is
 * taken, so a slow consumer slows the work down.
 */
export async function* asCompleted<T, R>(
  items: Iterable<T>,
  atOnce: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const active = new Map<number, Promise<readonly [number, R]>>();
  let begun = 0;
  const waiting = items[Symbol.iterator]();
  const begin = () => {
    while (active.size < atOnce) {
      const { value, done } = waiting.next();
      if (done) return;
      const place = begun++;
      const promise = work(value).then((result) => [place, result] as const);
      // If one item fails, nobody waits for the others, and their failures must not go unhandled.
      promise.catch(() => {});
      active.set(place, promise);
    }
  };
  for (begin(); active.size > 0; begin()) {
    const [place, result] = await Promise.race(active.values());
    active.delete(place);
    yield result;
  }
}
