import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { InputError, RunError } from "../../errors/errors.js";
import type { Trajectory } from "../../trajectory/trajectory.js";
import { type TrajectoryRow, trajectoryRows } from "../rows.js";
import { writeWhole } from "./atomic.js";

/** The file that marks a folder as one of ours: it is written first. */
const MARK = "experiment.json";

/**
 * Makes ready the folder that results go to.
 * @throws InputError if it holds something else; RunError if it cannot be made.
 */
export async function openFolder(folder: string): Promise<void> {
  let entries: string[];
  try {
    await mkdir(folder, { recursive: true });
    entries = await readdir(folder);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === "EEXIST" || code === "ENOTDIR") {
      throw new InputError(
        "--out",
        `--out is "${folder}": takes a folder, and a file is in the way`,
      );
    }
    throw new RunError(`${folder} could not be made: ${(cause as Error).message}`, { cause });
  }
  if (entries.length > 0 && !entries.includes(MARK)) {
    throw new InputError(
      "--out",
      `--out is "${folder}": it holds other things (${entries.slice(0, 3).join(", ")}); takes a new or empty folder, or one of earlier results`,
    );
  }
  await mkdir(join(folder, "figures"), { recursive: true });
}

/** Writes a JSON file whole; numbers that are not finite become null. */
export async function writeJson(folder: string, name: string, value: unknown): Promise<void> {
  await writeWhole(join(folder, name), `${JSON.stringify(value, null, 2)}\n`);
}

export async function writeFigure(folder: string, name: string, svg: string): Promise<void> {
  await writeWhole(join(folder, "figures", `${name}.svg`), svg);
}

/** One run of a sweep, or the only one. */
export interface RecordedRun {
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly trajectory: Trajectory;
}

/**
 * Writes trajectories as one Parquet file: a row for each step that was recorded or evaluated; columns for the
 * run's number and its swept fields where there are several runs; null where nothing was measured.
 */
export async function writeTrajectories(
  folder: string,
  runs: readonly RecordedRun[],
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  const rows = runs.map(({ trajectory }) => trajectoryRows(trajectory));
  const all = rows.flat();
  const spread = (values: unknown[]) => rows.flatMap((some, i) => some.map(() => values[i]));
  const columnData: {
    name: string;
    data: unknown[];
    type: "INT32" | "DOUBLE" | "STRING";
    nullable?: boolean;
  }[] = [];
  if (runs.length > 1 || runs[0]?.fields) {
    columnData.push({ name: "run", data: spread(runs.map((_, i) => i)), type: "INT32" });
    for (const field of Object.keys(runs[0]?.fields ?? {})) {
      const values = runs.map(({ fields }) => fields?.[field]);
      const numeric = values.every((value) => typeof value === "number");
      columnData.push({
        name: field,
        data: spread(numeric ? values : values.map((value) => JSON.stringify(value))),
        type: numeric ? "DOUBLE" : "STRING",
      });
    }
  }
  const names: (keyof TrajectoryRow)[] = [
    ...(["step", "epoch", "loss", "niwNorm", "effectiveNiw", "kappa"] as const),
    ...(["unperturbedLoss", "trainAccuracy", "testLoss", "testAccuracy"] as const),
  ];
  for (const name of names) {
    columnData.push({ name, data: all.map((row) => row[name]), type: "DOUBLE", nullable: true });
  }
  const kvMetadata = Object.entries(metadata).map(([key, value]) => ({ key, value }));
  const buffer = parquetWriteBuffer({ columnData: columnData as never, kvMetadata });
  await writeWhole(join(folder, "trajectory.parquet"), new Uint8Array(buffer));
}
