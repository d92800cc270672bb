import {
  type BoundaryName,
  type MeasuredBoundary,
  measuredBoundaries,
} from "../analysis/boundaries.js";
import { type Interval, meanInterval } from "../analysis/interval.js";
import type { Phase } from "../analysis/phase.js";
import type { Verdict } from "../analysis/verdict.js";
import { firstSigma, type SweepInput, type SweepRun, sweepPoints } from "../experiment/sweep.js";
import { canonicalJson, hashDigests } from "../format/hash.js";
import type { Failure } from "../jobs/pool/outcome.js";
import type { RunSummary, StoredRun } from "../store/runStore.js";
import type { Final } from "../train/record/final.js";

/** A run of a sweep without its trajectory. */
export interface SweptSummary extends RunSummary {
  /** The swept fields' values, by dotted path. */
  readonly fields: SweepRun["fields"];
}

/** A run of a sweep. */
export interface SweptRun extends StoredRun {
  /** The swept fields' values, by dotted path. */
  readonly fields: SweepRun["fields"];
}

/** A run that could not be made, and why. */
export interface FailedRun extends SweepRun {
  /** Why. */
  readonly failure: Failure;
}

/** Runs that differ in their seed alone. */
export interface SeedGroup {
  /** The swept fields' values, the seed left out. */
  readonly fields: SweepRun["fields"];
  /** How many of them are in each phase. */
  readonly phases: Readonly<Partial<Record<Phase, number>>>;
  /** Over the seeds. */
  readonly final: Readonly<Record<keyof Final, Interval>>;
}

/** A boundary between phases, measured over a sweep. */
export interface SweepBoundary extends MeasuredBoundary {
  /** By theory, with its standard error; null where nobody asked or nothing is known. */
  readonly predicted: number | null;
  /** Standard error of `predicted`. */
  readonly predictedError: number | null;
  /** Whether the two agree: within three standard errors or 5 %. */
  readonly verdict: Verdict;
  /**
   * The boundary of each seed alone, over the seeds that show it: the geometric mean, and an interval that contains the
   * true mean with 95 %, for any place of each boundary in its bracket. Null if the sweep has no seeds.
   */
  readonly overSeeds: Interval | null;
}

/** What a sweep shows. */
export interface SweepResult<R extends SweptSummary = SweptRun> {
  /** The finished runs, in the order of the plan. */
  readonly runs: readonly R[];
  /** Runs that could not be made. */
  readonly failed: readonly FailedRun[];
  /** One for each combination of the other fields; empty where seeds are not swept. */
  readonly groups: readonly SeedGroup[];
  /** Along `sigma` of the first noise group. */
  readonly boundaries: Readonly<Record<BoundaryName, SweepBoundary>>;
  /** SHA-256 over all trajectories, in an order that does not depend on when they were made. */
  readonly resultsHash: string;
}

/** Runs in the order in which their sweep lists them; those that were added along the way by their values. */
export function inOrder<R extends SweptSummary>(input: SweepInput, runs: readonly R[]): R[] {
  const places = new Map(
    sweepPoints(input).points.map((fields, i) => [canonicalJson(fields), i] as const),
  );
  const placed = runs.map((run) => {
    const added = canonicalJson(run.fields);
    return { run, added, place: places.get(added) ?? places.size };
  });
  placed.sort((a, b) => a.place - b.place || (a.added < b.added ? -1 : 1));
  return placed.map(({ run }) => run);
}

/** What the runs of a sweep show together. */
export async function summarised<R extends SweptSummary>(
  runs: readonly R[],
  failed: readonly FailedRun[] = [],
): Promise<SweepResult<R>> {
  return {
    runs,
    failed,
    groups: groupsOf(runs),
    boundaries: boundariesOf(runs),
    resultsHash: await hashDigests(runs.map(({ digest }) => digest)),
  };
}

function boundariesOf(runs: readonly SweptSummary[]): SweepResult["boundaries"] {
  const measured = (some: readonly SweptSummary[]) =>
    measuredBoundaries(
      some.map(({ experiment, phase }) => ({ sigma: firstSigma(experiment), phase })),
    );
  const bySeed = seedsSwept(runs)
    ? [...grouped(runs, ({ experiment }) => experiment.seed).values()].map(measured)
    : [];
  const entries = Object.entries(measured(runs)).map(([name, boundary]) => {
    const brackets = bySeed.flatMap((of) => {
      const { bracket } = of[name as BoundaryName];
      return bracket ? [bracket] : [];
    });
    const unknown = { predicted: null, predictedError: null, verdict: "not told" } as const;
    return [name, { ...unknown, ...boundary, overSeeds: boundaryInterval(brackets) }];
  });
  return Object.fromEntries(entries);
}

/** Along the logarithm of `sigma`, as sweeps go. */
function boundaryInterval(brackets: readonly (readonly [number, number])[]): Interval | null {
  if (brackets.length === 0) return null;
  const [lows, highs] = [0, 1].map((end) =>
    meanInterval(brackets.map((ends) => Math.log(ends[end]))),
  );
  return {
    mean: Math.exp((lows.mean + highs.mean) / 2),
    low: Math.exp(lows.low),
    high: Math.exp(highs.high),
    count: brackets.length,
  };
}

function groupsOf(runs: readonly SweptSummary[]): SeedGroup[] {
  if (!seedsSwept(runs)) return [];
  const withoutSeed = ({ fields: { seed: _, ...rest } }: SweptSummary) => rest;
  return [...grouped(runs, (run) => canonicalJson(withoutSeed(run))).values()].map((group) => {
    const phases: Partial<Record<Phase, number>> = {};
    for (const { phase } of group) phases[phase] = (phases[phase] ?? 0) + 1;
    const measures = Object.keys(group[0].final) as (keyof Final)[];
    const final = Object.fromEntries(
      measures.map((name) => [name, meanInterval(group.map((run) => run.final[name]))]),
    ) as Record<keyof Final, Interval>;
    return { fields: withoutSeed(group[0]), phases, final };
  });
}

function seedsSwept(runs: readonly SweptSummary[]): boolean {
  return runs.some(({ fields }) => "seed" in fields);
}

function grouped<R, K>(runs: readonly R[], keyOf: (run: R) => K): Map<K, R[]> {
  const groups = new Map<K, R[]>();
  for (const run of runs) {
    const group = groups.get(keyOf(run));
    if (group) group.push(run);
    else groups.set(keyOf(run), [run]);
  }
  return groups;
}
