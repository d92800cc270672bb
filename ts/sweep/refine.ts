import { measuredBoundaries } from "../analysis/boundaries.js";
import type { Phase } from "../analysis/phase.js";
import { rounded } from "../experiment/range.js";
import type { Refine, SweepRun } from "../experiment/sweep.js";
import { canonicalJson } from "../format/hash.js";

interface Seen {
  readonly fields: SweepRun["fields"];
  readonly phase: Phase;
}

/**
 * The runs to make next in order to know every boundary to `refine.precision`, in every group of runs that differ only in
 * `refine.field`: the geometric middle of the widest gap within the boundary's bracket. It skips brackets that contain
 * unclassified runs. It returns none when refinement is finished.
 */
export function refined(refine: Refine, runs: readonly Seen[]): SweepRun["fields"][] {
  const groups = new Map<string, Seen[]>();
  for (const run of runs) {
    const key = canonicalJson({ ...run.fields, [refine.field]: null });
    const group = groups.get(key);
    if (group) group.push(run);
    else groups.set(key, [run]);
  }
  return [...groups.values()].flatMap((group) => {
    const next = new Set(refine.boundaries.map((name) => middle(refine, group, name)));
    next.delete(null);
    return [...next].map((value) => ({ ...group[0].fields, [refine.field]: value }));
  });
}

function middle(
  { field, precision }: Refine,
  group: readonly Seen[],
  boundary: Refine["boundaries"][number],
): number | null {
  const places = group.map(({ fields, phase }) => ({ sigma: fields[field] as number, phase }));
  const { bracket } = measuredBoundaries(places)[boundary];
  if (!bracket) return null;
  const [low, high] = bracket;
  const inside = places.filter(({ sigma }) => sigma >= low && sigma <= high);
  if (inside.some(({ phase }) => phase === "unclassified")) return null;
  const values = [...new Set(inside.map(({ sigma }) => sigma))].sort((a, b) => a - b);
  if (high <= low * (1 + precision)) return null;
  const widest = values
    .slice(1)
    .reduce(
      (best, value, i) => (value / values[i] > best[1] / best[0] ? [values[i], value] : best),
      [1, 1],
    );
  const value = rounded(Math.sqrt(widest[0] * widest[1]));
  return value > widest[0] && value < widest[1] ? value : null;
}
