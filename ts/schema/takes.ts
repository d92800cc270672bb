import * as v from "valibot";

/** Building blocks of the schemas. Each says in one phrase what its field takes. */

export function integer(min: number, max = Number.MAX_SAFE_INTEGER) {
  const takes =
    max === Number.MAX_SAFE_INTEGER
      ? `takes an integer of at least ${min}`
      : `takes an integer from ${min} to ${max}`;
  return v.pipe(
    v.number(takes),
    v.check((x) => Number.isSafeInteger(x) && x >= min && x <= max, takes),
  );
}

/** A finite number that float32 can hold, at least `min` (or above it, if `exclusive`). */
export function real(min: number, { exclusive = false, max = 1e30 } = {}) {
  const takes = `takes a number ${exclusive ? "above" : "of at least"} ${min}, ${max} at most`;
  return v.pipe(
    v.number(takes),
    v.check((x) => (exclusive ? x > min : x >= min) && x <= max, takes),
  );
}

export function choice<const T extends readonly string[]>(options: T) {
  return v.picklist(options, `takes one of ${options.map((o) => `"${o}"`).join(", ")}`);
}

/** A list of at most `most` items: counted before any of them is looked at. */
export function list<const S extends v.GenericSchema>(item: S, most: number, takes: string) {
  return v.pipe(
    v.custom<unknown[]>(Array.isArray, takes),
    v.maxLength(most, `takes at most ${most} entries`),
    v.array(item, takes),
  ) as v.GenericSchema<v.InferInput<S>[], v.InferOutput<S>[]>;
}

export function flag() {
  return v.boolean("takes true or false");
}
