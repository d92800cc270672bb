import { PHASES, type Phase } from "../../../ts/analysis/phase.js";
import type { SweptPoint } from "./sweepJob.js";

/** The runs at one `sigma`. */
export interface SigmaGroup {
  readonly sigma: number;
  readonly runs: readonly SweptPoint[];
  /** The phase of most of them; of equally many, the later one. */
  readonly phase: Phase;
}

/** Runs by their `sigma`, in order. */
export function bySigma(points: readonly SweptPoint[]): SigmaGroup[] {
  const groups = new Map<number, SweptPoint[]>();
  for (const point of points) {
    const group = groups.get(point.sigma);
    if (group) group.push(point);
    else groups.set(point.sigma, [point]);
  }
  return [...groups]
    .sort(([a], [b]) => a - b)
    .map(([sigma, runs]) => ({ sigma, runs, phase: usual(runs) }));
}

function usual(runs: readonly SweptPoint[]): Phase {
  const count = (phase: Phase) => runs.filter((run) => run.phase === phase).length;
  const all: Phase[] = ["unclassified", ...PHASES];
  return all.reduce((best, phase) => (count(phase) >= Math.max(1, count(best)) ? phase : best));
}

/** The middle one of some numbers, those that are not finite counted as the largest; NaN of none. */
export function middle(values: readonly number[]): number {
  const sorted = values
    .map((value) => (Number.isNaN(value) ? Number.POSITIVE_INFINITY : value))
    .sort((a, b) => a - b);
  return sorted.length === 0 ? Number.NaN : sorted[Math.floor((sorted.length - 1) / 2)];
}

/** Losses of diverged runs beyond so many times all others are drawn at the edge. */
const BEYOND = 30;

/** Numbers beyond these leave no room for an axis around them. */
const SHOWN = [1e-300, 1e300] as const;

/** The ends of a logarithmic axis that shows the numbers of runs; those of diverged runs may lie beyond its upper end. */
export function logEnds(
  points: readonly SweptPoint[],
  of: (point: SweptPoint) => number,
): [number, number] {
  const numbers = (some: readonly SweptPoint[]) =>
    some.map(of).filter((value) => value > SHOWN[0] && value < SHOWN[1]);
  const all = numbers(points);
  const tame = numbers(points.filter(({ phase }) => phase !== "divergent"));
  if (all.length === 0) return [0.1, 10];
  const low = Math.min(...all);
  const high = Math.max(...(tame.length > 0 ? tame : all));
  const top = Math.min(Math.max(...all), BEYOND * high);
  return [low / 1.3, top * 1.3];
}

/** Where a logarithmic axis has its marks: powers of ten, with 2 and 5 between them where it is short. */
export function logTicks([low, high]: readonly [number, number]): number[] {
  const decades = Math.log10(high / low);
  const parts = decades < 2.5 ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil(decades / 6));
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    if (power % every !== 0) continue;
    for (const part of parts) {
      const tick = Number(`${part}e${power}`);
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  }
  return ticks;
}

/** Seconds as people say them. */
export function duration(seconds: number): string {
  if (seconds < 1) return "less than a second";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toPrecision(2)} h`;
}
