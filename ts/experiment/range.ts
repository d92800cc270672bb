import { InputError, shown } from "../errors/errors.js";

const MAX_VALUES = 1e5;

/**
 * The values of one swept field. A list is returned as it is. `"a:b:n"` means n values from a to b, both included, with
 * a constant ratio; `"a:b:n:linear"` with a constant difference.
 * @throws InputError that names `field`.
 */
export function sweepValues(field: string, spec: unknown): unknown[] {
  if (Array.isArray(spec)) {
    if (spec.length === 0 || spec.length > MAX_VALUES) {
      throw new InputError(
        field,
        `${field} is a list of ${spec.length}: takes 1 to ${MAX_VALUES} values`,
      );
    }
    return spec;
  }
  if (typeof spec !== "string") {
    throw new InputError(
      field,
      `${field} is ${shown(spec)}: takes a list of values, or "from:to:count", or "from:to:count:linear"`,
    );
  }
  return spec.endsWith(":linear") ? linearRange(field, spec) : logRange(field, spec);
}

function linearRange(field: string, spec: string): number[] {
  const [from, to, count] = spec
    .split(":")
    .slice(0, 3)
    .map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  const ends = Number.isFinite(from) && Number.isFinite(to) && from !== to;
  const countable = Number.isInteger(count) && count >= 2 && count <= MAX_VALUES;
  if (!ends || !countable || spec.split(":").length !== 4) {
    throw new InputError(
      field,
      `${field} is ${shown(spec)}: takes "from:to:count:linear" with two ends and at least two values, such as 0:1:11:linear`,
    );
  }
  return Array.from({ length: count }, (_, i) =>
    i === 0 ? from : i === count - 1 ? to : rounded(from + ((to - from) * i) / (count - 1)),
  );
}

/** `"a:b:n"` as n numbers from a to b with a constant ratio; a single number as a list of that number. */
export function logRange(field: string, spec: string): number[] {
  const parts = spec.split(":");
  const numbers = parts.map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  const [from, to, count] = numbers;
  if (parts.length === 1 && Number.isFinite(from)) return [from];
  const valid =
    parts.length === 3 &&
    from > 0 &&
    to > 0 &&
    Number.isFinite(from) &&
    Number.isFinite(to) &&
    Number.isInteger(count) &&
    count >= 1 &&
    count <= MAX_VALUES &&
    (count > 1 || from === to);
  if (!valid) {
    throw new InputError(
      field,
      `${field} is ${shown(spec)}: takes "from:to:count" with positive ends and at least two values, such as 0.01:100:30`,
    );
  }
  const ratio = Math.log(to / from);
  return Array.from({ length: count }, (_, i) =>
    i === 0 ? from : i === count - 1 ? to : rounded(from * Math.exp((ratio * i) / (count - 1))),
  );
}

/** Rounds to 12 digits, so that the values do not depend on the last bits of the host's `exp`. */
export function rounded(x: number): number {
  return Number(x.toPrecision(12));
}
