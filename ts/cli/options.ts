import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { type Command, Option } from "commander";
import { BACKENDS, type BackendName } from "../backend/machineFor.js";
import type { FileSource } from "../data/load.js";
import { nodeFiles } from "../data/node/files.js";
import { jsonOf } from "../data/text.js";
import { InputError, shown } from "../errors/errors.js";
import { fieldAt, parseValue, withField } from "../experiment/paths.js";
import { withDataPaths } from "../experiment/sweepPaths.js";
import { isPlainObject } from "../schema/plainObject.js";
import type { Claim } from "../store/node/openFolder.js";
import { readSpec } from "../store/node/openStore.js";
import { CHECKPOINT_EVERY } from "../train/checkpoint.js";
import { checkThreads, type Threads } from "../train/machine/threads.js";
import { ProgressBar, type Voice } from "./terminal.js";

export interface CommonOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export interface RunOptions extends CommonOptions {
  readonly out?: string;
  readonly force?: boolean;
  readonly set: readonly string[];
  readonly backend: BackendName;
  readonly fast?: boolean;
}

export function withVoice(command: Command): Command {
  return command
    .option(
      "--json",
      "print one JSON object on standard output and nothing else; errors are JSON too",
    )
    .option("--quiet", "show no progress");
}

export function withBackend(command: Command): Command {
  return command
    .addOption(
      new Option("--backend <name>", "machine that computes").choices(BACKENDS).default("auto"),
    )
    .option("--fast", "allow relaxed SIMD: faster, but hosts may differ in the last bits");
}

export function withRun(command: Command): Command {
  return withOut(withSet(withVoice(withBackend(command))));
}

export function withOut(command: Command, fallback?: string): Command {
  return command
    .addOption(
      folderOption("--out <dir>", "folder for the results; created if it does not exist").default(
        fallback,
      ),
    )
    .option("--force", "replace earlier results in --out");
}

/** What a command may do with earlier results in `--out`; without a flag it refuses the folder. */
export function beginning({
  resume,
  force,
}: {
  readonly resume?: boolean;
  readonly force?: boolean;
}): Claim["begin"] {
  return force ? "anew" : resume ? "on" : "new";
}

/** An option that names a folder. */
export function folderOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text) => {
    // If the next option stands in the folder's place, the user forgot the folder.
    if (text.trim() !== "" && !text.startsWith("-")) return text;
    const [flag] = flags.split(" ");
    throw new InputError(flag, `${flag} is ${shown(text)}: takes the path of a folder`);
  });
}

export function withSet(command: Command): Command {
  return command.option(
    "--set <field=value>",
    "set a field of the experiment, e.g. noise.0.sigma=5; may be repeated; paths of data are relative to the current folder (in a file: to the file's folder)",
    (entry: string, entries: string[]) => [...entries, entry],
    [] as string[],
  );
}

export interface LongRunOptions extends RunOptions {
  readonly resume?: boolean;
  readonly checkpointEvery: number;
}

/** Options of commands whose runs may be killed at any moment and continue later. */
export function withLongRun(command: Command): Command {
  return withRun(command)
    .addOption(new Option("--resume", "continue the interrupted work in --out").conflicts("force"))
    .addOption(checkpointEvery("time between checkpoints of a run, with --out"))
    .hook("preAction", (own) => {
      const { resume, out } = own.opts<LongRunOptions>();
      if (resume && out === undefined) {
        throw new InputError("--resume", "--resume needs --out, the folder to continue");
      }
    });
}

export function predictOption(): Option {
  return new Option(
    "--predict",
    "also forecast the boundaries, by short runs (always on for the linear model, by its recursion)",
  );
}

export function checkpointEvery(description: string): Option {
  return new Option("--checkpoint-every <seconds>", description)
    .argParser((text) => numberOf("--checkpoint-every", text, 0))
    .default(CHECKPOINT_EVERY);
}

export function withWorkers(command: Command): Command {
  return command.addOption(
    new Option(
      "--workers <n>",
      "number of worker threads; 0: the main thread alone; default: one a core",
    ).argParser((text) => {
      const count = numberOf("--workers", text, 0);
      if (Number.isInteger(count) && count <= 1024) return count;
      throw new InputError("--workers", `--workers is ${text}: takes an integer from 0 to 1024`);
    }),
  );
}

/** The number of threads that share the work of one run. */
export function threadsOption(): Option {
  return new Option(
    "--threads <n>",
    "threads that share the work of the run on the CPU, 1 to 128; auto: as many as pay; the results are the same",
  )
    .argParser((text): Threads => {
      const threads = text === "auto" || text.trim() === "" ? text : Number(text);
      return checkThreads(Number.isNaN(threads) ? text : threads, "--threads");
    })
    .default("auto");
}

function numberOf(flag: string, text: string, min: number): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isFinite(value) && value >= min) return value;
  throw new InputError(flag, `${flag} is ${shown(text)}: takes a number of at least ${min}`);
}

export function voiceOf({ json = false, quiet = false }: CommonOptions): Voice {
  return { json, quiet };
}

/**
 * Reads the experiment from a file (none: `{}`), with the fields set on the command line. Paths of data files in the file
 * are relative to its folder, paths on the command line to the current folder; the result holds absolute paths.
 */
export async function readConfig(
  path: string | undefined,
  sets: readonly string[],
): Promise<unknown> {
  return path === undefined
    ? withSets({}, sets, ".")
    : withSets(parsed(path, await bytesOf(path)), sets, dirname(path));
}

/** As `readConfig`; with --resume and no file, it reads the experiment in --out. */
export async function readLongConfig(
  path: string | undefined,
  { resume, out = "", set }: LongRunOptions,
): Promise<unknown> {
  return resume && path === undefined
    ? withSets(await readSpec(out, "--out"), set, ".")
    : readConfig(path, set);
}

function withSets(json: unknown, sets: readonly string[], folder: string): unknown {
  const all = (before: unknown) =>
    sets.reduce((node, entry) => withField(node, ...parseSet(entry)), before);
  // The data's name decides which fields of the file are paths, and the command line may set that name.
  const name = fieldAt(all(json), "data.name");
  const takesName = isPlainObject(fieldAt(json, "data")) && name !== undefined;
  const named = takesName ? withField(json, "data.name", name) : json;
  const own = withDataPaths(named, (file) => resolve(folder, file));
  return withDataPaths(all(own), (file) => resolve(file));
}

/** A field and its value, from `field=value`. */
function parseSet(entry: string): [field: string, value: unknown] {
  const at = entry.indexOf("=");
  if (at < 1)
    throw new InputError(
      "--set",
      `--set is ${shown(entry)}: takes field=value, such as noise.0.sigma=5`,
    );
  return [entry.slice(0, at), parseValue(entry.slice(at + 1))];
}

async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why =
      code === "ENOENT"
        ? "there is no such file"
        : code === "EISDIR"
          ? "it is a folder"
          : String(code);
    throw new InputError(
      "CONFIG",
      `CONFIG is "${path}": ${why}; takes a JSON file of an experiment`,
    );
  }
}

function parsed(path: string, bytes: Uint8Array): unknown {
  return jsonOf(bytes, (why) => {
    throw new InputError("CONFIG", `CONFIG is "${path}": ${why}`);
  });
}

/** Data from this machine; sets known by name are downloaded if they are nowhere, with a bar. */
export function dataFiles(voice: Voice, signal: AbortSignal, folder?: string): FileSource {
  let progress: ProgressBar | null = null;
  return nodeFiles({
    folder,
    download: true,
    signal,
    onProgress: (file, received, total) => {
      progress ??= new ProgressBar("download", voice);
      progress.update(total ? received / total : 0, file);
      if (received === total) {
        progress.stop();
        progress = null;
      }
    },
  });
}
