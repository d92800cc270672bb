import { Pacer } from "../async/pause.js";
import { sha256 } from "../digest/sha256.js";
import { withoutPlaces } from "../experiment/dataPaths.js";
import type { Trajectory } from "../trajectory/trajectory.js";

/** JSON with keys in order, so that equal values have equal texts. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, node) =>
    node && typeof node === "object" && !Array.isArray(node)
      ? Object.fromEntries(Object.entries(node).sort(([a], [b]) => (a < b ? -1 : 1)))
      : node,
  );
}

/**
 * SHA-256, in hex, of the experiments and trajectories of runs, in any order: the float64 bits of every column but the
 * dose's, little-endian, with one form of NaN.
 */
export async function hashRuns(
  runs: readonly { readonly experiment: unknown; readonly trajectory: Trajectory }[],
): Promise<string> {
  const digests: string[] = [];
  // One after the other: together they would share a page's task.
  for (const run of runs) digests.push(await hashRun(run));
  return hashDigests(digests);
}

/** `hashRuns`, from each run's own digest. */
export function hashDigests(digests: readonly string[]): Promise<string> {
  return sha256(new TextEncoder().encode([...digests].sort().join("\n")));
}

/** Columns that came after the first hashes were published. They are left out, so that those hashes stay what they were. */
const UNHASHED: ReadonlySet<string> = new Set(["dosePaid", "doseBudget"]);

/** The digest of one run; it does not depend on where the files of its data lie. */
export async function hashRun(run: {
  readonly experiment: unknown;
  readonly trajectory: Trajectory;
}): Promise<string> {
  const text = new TextEncoder().encode(canonicalJson(withoutPlaces(run.experiment)));
  const columns = [run.trajectory.steps, run.trajectory.evaluations].flatMap((part) =>
    Object.entries(part)
      .filter(([name]) => !UNHASHED.has(name))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  const length = columns.reduce((sum, [, values]) => sum + 8 + 8 * values.length, text.length);
  const bytes = new Uint8Array(length);
  bytes.set(text);
  const view = new DataView(bytes.buffer);
  const pacer = new Pacer();
  let at = text.length;
  for (const [, values] of columns) {
    view.setFloat64(at, values.length, true);
    at += 8;
    for (let i = 0; i < values.length; i++) {
      view.setFloat64(at, Number.isNaN(values[i]) ? Number.NaN : values[i], true);
      at += 8;
      if (i % 4096 === 0 && pacer.due) await pacer.rest();
    }
  }
  return sha256(bytes);
}
