const UNWRITABLE = new Map([Number.NaN, Infinity, -Infinity].map((x) => [String(x), x] as const));

/** Numbers that JSON does not have, as their names: for objects of numbers and fixed words. */
export function writable<T extends object>(values: T): object {
  return mapped(values, (x) => (typeof x === "number" && !Number.isFinite(x) ? String(x) : x));
}

/** The inverse of `writable`. */
export function readable<T extends object>(values: T): T {
  return mapped(values, (x) => UNWRITABLE.get(x as string) ?? x) as T;
}

function mapped(values: object, to: (value: unknown) => unknown): object {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, to(value)]));
}
