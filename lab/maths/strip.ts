import { PHASES } from "../../ts/analysis/phase.js";

/** Where phases change with `sigma`; null where no such boundary was found. */
export type Boundaries = Readonly<Record<"decay" | "catapult" | "divergent", number | null>>;

export interface Segment {
  readonly phase: (typeof PHASES)[number];
  /** Ends as parts of the strip, 0 to 1. */
  readonly from: number;
  readonly to: number;
}

/** The place of `sigma` on a logarithmic strip, 0 to 1. */
export function placeOf(sigma: number, [low, high]: readonly [number, number]): number {
  const place = Math.log(sigma / low) / Math.log(high / low);
  return Math.min(1, Math.max(0, place));
}

/** The phases along a logarithmic strip of `sigma`. A boundary that is missing leaves its phase out. */
export function segments(boundaries: Boundaries, range: readonly [number, number]): Segment[] {
  const found: Segment[] = [];
  let from = 0;
  let phase: Segment["phase"] = "decoupled";
  for (const next of PHASES.slice(1) as ("decay" | "catapult" | "divergent")[]) {
    const at = boundaries[next];
    if (at === null) continue;
    const to = placeOf(at, range);
    if (to > from) found.push({ phase, from, to });
    from = Math.max(from, to);
    phase = next;
  }
  if (from < 1) found.push({ phase, from, to: 1 });
  return found;
}

/** The phase that boundaries predict for a `sigma`. */
export function predictedPhase(boundaries: Boundaries, sigma: number): Segment["phase"] {
  const order = PHASES.slice(1) as ("decay" | "catapult" | "divergent")[];
  return (
    order.findLast((phase) => sigma >= (boundaries[phase] ?? Number.POSITIVE_INFINITY)) ??
    "decoupled"
  );
}
