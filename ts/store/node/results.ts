import { join } from "node:path";
import { type TrajectoryRow, trajectoryRows } from "../../format/trajectoryRows.js";
import type { Trajectory } from "../../trajectory/trajectory.js";
import type { RunSummary } from "../runStore.js";
import { writeWhole } from "./atomic.js";
import { type Column, writeParquet } from "./parquet.js";

/** Writes a JSON file whole or not at all. Numbers that are not finite become null. */
export async function writeJson(folder: string, name: string, value: unknown): Promise<void> {
  await writeWhole(join(folder, name), `${JSON.stringify(value, null, 2)}\n`);
}

export async function writeFigure(folder: string, name: string, svg: string): Promise<void> {
  await writeWhole(join(folder, "figures", `${name}.svg`), svg);
}

/** A run to be written: one of a sweep, or a single one. */
export interface RecordedRun {
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly trajectory: () => Promise<Trajectory>;
}

/** Rows that are held in memory at a time. */
const BATCH_ROWS = 50_000;

/**
 * Writes trajectories as one Parquet file, with a row for each step that was recorded or evaluated. If there are
 * several runs, further columns hold the run's number and its swept fields. Entries that were not measured are null.
 */
export async function writeTrajectories(
  folder: string,
  runs: readonly RecordedRun[],
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  const names: (keyof TrajectoryRow)[] = [
    ...(["step", "epoch", "loss", "niwNorm", "effectiveNiw", "kappa", "memory", "kick"] as const),
    ...(["dosePaid", "doseBudget"] as const),
    ...(["unperturbedLoss", "trainAccuracy", "testLoss", "testAccuracy"] as const),
  ];
  const several = runs.length > 1 || runs[0]?.fields;
  const swept = fieldColumns(runs.map(({ fields }) => fields ?? {}));
  async function* batches(): AsyncGenerator<Column[]> {
    let rows: TrajectoryRow[] = [];
    let numbers: number[] = [];
    const batch = (): Column[] => [
      ...(several ? [{ name: "run", data: numbers, type: "INT32" } as const] : []),
      ...swept.map((column) => ({ ...column, data: numbers.map((i) => column.data[i]) })),
      ...names.map((name) => {
        const data = rows.map((row) => row[name]);
        return { name, data, type: "DOUBLE", nullable: true } as const;
      }),
    ];
    for (const [i, run] of runs.entries()) {
      const own = trajectoryRows(await run.trajectory());
      rows = rows.concat(own);
      numbers = numbers.concat(own.map(() => i));
      if (rows.length < BATCH_ROWS && i < runs.length - 1) continue;
      yield batch();
      rows = [];
      numbers = [];
    }
  }
  await writeParquet(join(folder, "trajectory.parquet"), batches(), metadata);
}

type SweptSummary = RunSummary & { readonly fields: RecordedRun["fields"] & object };

/** Writes a sweep's runs as one Parquet file with a row per run: swept fields, phase, final numbers, timing. */
export async function writeSummaries(
  folder: string,
  runs: readonly SweptSummary[],
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  const column = (name: string, value: (run: SweptSummary) => unknown, type: Column["type"]) =>
    ({ name, data: runs.map(value), type }) satisfies Column;
  const measures = Object.keys(runs[0].final) as (keyof SweptSummary["final"])[];
  const columns: Column[] = [
    { name: "run", data: runs.map((_, i) => i), type: "INT32" },
    ...fieldColumns(runs.map(({ fields }) => fields)),
    column("phase", ({ phase }) => phase, "STRING"),
    column("margin", ({ evidence }) => evidence.margin, "DOUBLE"),
    ...measures.map((name) => column(`final.${name}`, ({ final }) => final[name], "DOUBLE")),
    column("steps", ({ timing }) => timing.steps, "DOUBLE"),
    column("seconds", ({ timing }) => timing.seconds, "DOUBLE"),
    column("backend", ({ backend }) => backend.name, "STRING"),
    column("flavour", ({ backend }) => backend.flavour, "STRING"),
    column("kernels", ({ backend }) => backend.kernels ?? "", "STRING"),
    column("key", ({ key }) => key, "STRING"),
  ];
  async function* batches() {
    yield columns;
  }
  await writeParquet(join(folder, "summary.parquet"), batches(), metadata);
}

/**
 * A column for each swept field. If all values are numbers, or all are booleans, the column has that type. Otherwise it
 * holds strings: strings are written as they are, and any other value as JSON (`"full"` and `100` give `full` and
 * `100`).
 */
export function fieldColumns(fields: readonly Readonly<Record<string, unknown>>[]): Column[] {
  return Object.keys(fields[0] ?? {}).map((name) => {
    const values = fields.map((of) => of[name]);
    const all = (type: string) => values.every((value) => typeof value === type);
    if (all("number")) return { name, data: values, type: "DOUBLE" };
    if (all("boolean")) return { name, data: values, type: "BOOLEAN" };
    const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
    return { name, data: values.map(text), type: "STRING" };
  });
}
