import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "../../data/node/makeFolder.js";
import { InputError } from "../../errors/errors.js";
import { fileName } from "../../experiment/dataPaths.js";
import { withDataPaths } from "../../experiment/sweepPaths.js";
import { canonicalJson } from "../../format/hash.js";
import { MEASUREMENTS } from "../measurements.js";
import { JOURNAL } from "../store.js";
import { unwritable } from "./atomic.js";

/** The file that says what experiment or sweep a folder's results belong to. */
export const SPEC = "experiment.json";
/** Files that hold results. */
const RESULTS = [
  ...[JOURNAL, "trajectories.pack", "trajectory.parquet", "summary.parquet", "summary.json"],
  ...["report.html", "gauge.csv", "network.safetensors", MEASUREMENTS],
];
/** Folders that hold results unless they are empty. */
const FOLDERS = ["figures", "checkpoints"];
const FIGURE = /\.(svg|png)$/;
const LEFT = /^lock$|\.part$/;

/** What a command intends to do with earlier results in a folder. */
export interface Claim {
  /** The experiment or sweep of the new results. */
  readonly spec: unknown;
  /** `new`: there must be no results; `on`: continue them; `anew`: replace them. */
  readonly begin: "new" | "on" | "anew";
  /** Whether the runs are kept in a journal, so that further runs can be added. */
  readonly adds?: boolean;
}

interface Content {
  /** Names of files and folders that hold results. */
  readonly results: readonly string[];
  /** Names of files and folders that ninscope did not make. */
  readonly foreign: readonly string[];
}

/**
 * Prepares the folder for results. It removes nothing; see `clearResults`.
 * @param claim null if the caller knows what the folder holds.
 * @param field the option or field that named the folder, for error messages.
 * @throws InputError if the folder holds other things, or results that the claim does not allow; RunError if it cannot
 * be made.
 */
export async function openFolder(
  folder: string,
  claim: Claim | null,
  field = "--out",
): Promise<void> {
  const { results, foreign } = await content(folder, field);
  const anew = claim?.begin === "anew";
  if (foreign.length > 0 && (results.length === 0 || anew)) {
    throw new InputError(
      field,
      `${field} is "${folder}": it holds other things (${listed(foreign)}); takes a new or empty folder, or one of earlier results`,
    );
  }
  if (results.length > 0 && claim && !anew) await checkClaim(folder, claim, results, field);
  try {
    await makeFolder(join(folder, "figures"));
  } catch (cause) {
    throw unwritable(folder, cause);
  }
}

/** @throws InputError if earlier results in the folder would be replaced unasked. */
async function checkClaim(
  folder: string,
  { spec, begin, adds }: Claim,
  results: readonly string[],
  field: string,
): Promise<void> {
  const text = await readFile(join(folder, SPEC), "utf8").catch(() => "null");
  const earlier = parsed(text);
  const same = placeless(earlier) === placeless(spec);
  const sweeps = results.includes(JOURNAL) || (earlier as { sweep?: unknown } | null)?.sweep;
  if (adds ? same || (sweeps && begin === "on") : same && begin === "on") return;
  const what = same ? "results" : "results of another experiment";
  const onward = adds || same ? ", --resume to go on with them" : "";
  throw new InputError(
    field,
    `${field} is "${folder}": it holds ${what} (${listed(results)}); takes a new folder${onward}, or --force to replace them`,
  );
}

/** Removes earlier results from a folder, and nothing else. The caller must hold the folder's lock. */
export async function clearResults(folder: string): Promise<void> {
  for (const name of [SPEC, ...RESULTS]) await rm(join(folder, name), { force: true });
  await rm(join(folder, "checkpoints"), { recursive: true, force: true });
  for (const name of await readdir(join(folder, "figures")).catch(() => [])) {
    if (FIGURE.test(name)) await rm(join(folder, "figures", name), { force: true });
  }
}

async function content(folder: string, field: string): Promise<Content> {
  try {
    await makeFolder(folder);
    const names = await readdir(folder);
    const filled: string[] = [];
    for (const name of FOLDERS.filter((one) => names.includes(one))) {
      if ((await readdir(join(folder, name))).length > 0) filled.push(name);
    }
    const known = [SPEC, ...RESULTS, ...FOLDERS];
    return {
      results: [...RESULTS.filter((name) => names.includes(name)), ...filled],
      foreign: names.filter((name) => !known.includes(name) && !LEFT.test(name)),
    };
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== "EEXIST" && code !== "ENOTDIR") throw unwritable(folder, cause);
    throw new InputError(
      field,
      `${field} is "${folder}": takes a folder, and a file is in the way`,
    );
  }
}

/** The experiment apart from where its data files lie: their content says whether they are the same. */
function placeless(spec: unknown): string {
  return canonicalJson(withDataPaths(spec, fileName));
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, 3).join(", ")}${names.length > 3 ? ", ..." : ""}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
