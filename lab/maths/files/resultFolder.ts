import { jsonOf } from "../../../ts/data/text.js";
import { InputError, RunError } from "../../../ts/errors/errors.js";
import { fileName } from "../../../ts/experiment/dataPaths.js";
import { parseExperiment } from "../../../ts/experiment/parse.js";
import type { Experiment } from "../../../ts/experiment/schema.js";
import { type SweepInput, sweepPlan } from "../../../ts/experiment/sweep.js";
import { isPlainObject } from "../../../ts/schema/plainObject.js";
import type { Storage } from "../../../ts/store/storage.js";
import { JOURNAL, Store } from "../../../ts/store/store.js";
import { pointsOf, type SweptPoint } from "../sweep/sweepJob.js";

/** What was imported from an experiment file, or from a result folder of the command line. */
export interface Imported {
  readonly name: string;
  readonly experiment: Experiment;
  /** The finished runs of a sweep; null for the file or the folder of one experiment. */
  readonly points: readonly SweptPoint[] | null;
  /** Lines of the journal that were damaged. */
  readonly ignored: number;
}

/** The largest file of JSON that is read, in bytes. */
const MOST_JSON = 16e6;

/** An experiment, or a sweep of it. @throws InputError that names the file, or the field in it. */
export function experimentIn(bytes: Uint8Array, file: string): Experiment {
  const fail = (why: string): never => {
    throw new InputError(file, `${file}: ${why}`);
  };
  if (bytes.length > MOST_JSON) {
    fail(`has ${bytes.length} bytes: takes the JSON of an experiment, at most ${MOST_JSON}`);
  }
  const input = jsonOf(bytes, fail);
  if (!isPlainObject(input)) return fail("holds no experiment: takes a JSON object");
  if (!("sweep" in input)) return parseExperiment(input);
  return sweepPlan(input as SweepInput).runs[0].experiment;
}

/**
 * Reads a result folder: `experiment.json` says what its results are of, and `journal.jsonl` has the runs of a sweep.
 * @param files by their path in the folder.
 * @throws InputError if there is no experiment, or it is not right.
 */
export async function readFolder(
  name: string,
  files: ReadonlyMap<string, Blob>,
): Promise<Imported> {
  const find = (wanted: string) =>
    [...files].find(([path]) => fileName(path) === wanted)?.[1] ?? null;
  const spec = find("experiment.json");
  if (!spec) {
    throw new InputError(
      name,
      `${name} has no experiment.json: takes a result folder of ninscope train or ninscope sweep`,
    );
  }
  const experiment = experimentIn(
    new Uint8Array(await spec.arrayBuffer()),
    `${name}/experiment.json`,
  );
  const journal = find(JOURNAL);
  if (!journal) return { name, experiment, points: null, ignored: 0 };
  const store = await Store.open(new Dropped(name, find));
  try {
    const points = pointsOf(store, null);
    if (points.length === 0) {
      throw new InputError(name, `${name}/${JOURNAL} holds no finished run that can be read`);
    }
    return { name, experiment, points, ignored: store.ignored };
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(name, `${name}/${JOURNAL} is damaged: ${(error as Error).message}`);
  } finally {
    await store.close();
  }
}

/** Files that were dropped, for reading only. */
class Dropped implements Storage {
  readonly name: string;
  readonly #find: (file: string) => Blob | null;

  constructor(name: string, find: (file: string) => Blob | null) {
    this.name = name;
    this.#find = find;
  }

  async read(file: string): Promise<Uint8Array | null> {
    const found = this.#find(file);
    return found && new Uint8Array(await found.arrayBuffer());
  }

  async readRange(file: string, offset: number, length: number): Promise<Uint8Array | null> {
    const part = this.#find(file)?.slice(offset, offset + length);
    return part?.size === length ? new Uint8Array(await part.arrayBuffer()) : null;
  }

  async size(file: string): Promise<number> {
    return this.#find(file)?.size ?? 0;
  }

  append(): Promise<void> {
    return this.#refused();
  }

  write(): Promise<void> {
    return this.#refused();
  }

  remove(): Promise<void> {
    return this.#refused();
  }

  async check(): Promise<void> {}
  async close(): Promise<void> {}

  #refused(): Promise<never> {
    return Promise.reject(new RunError(`${this.name} was dropped on the page: it is only read`));
  }
}
