import { RunError } from "../errors/errors.js";
import { readable, writable } from "../format/nonFiniteJson.js";
import type { Tensors } from "../format/safetensors.js";
import { decodeSealed, encodeSealed } from "../format/sealedTensors.js";
import type { Parameters } from "../train/parameters.js";
import type { Dose } from "../train/record/dose.js";
import { JournalFile } from "./journalFile.js";
import type { Storage } from "./storage.js";

/** The list of finished measurements, one line each. */
export const MEASUREMENTS = "measurements.jsonl";
/** The folder of trained networks, one file each. */
const NETWORKS = "checkpoints";

/** Number of samples that a network classified correctly. */
export interface Measured {
  /** Samples that it classified correctly. */
  readonly correct: number;
  /** All samples. */
  readonly samples: number;
}

/** The weights and biases of a trained network. */
export interface TrainedNetwork extends Pick<Parameters, "weights" | "biases"> {
  /** What its noise nodes paid in training; null without noise nodes. */
  readonly dose: Dose | null;
}

/** Where measurements and the networks that they were made of are kept, so that an interrupted job can go on. */
export class MeasurementStore {
  readonly #storage: Storage;
  readonly #journal: JournalFile;
  readonly #say: (line: string) => void;

  /** @param say receives a line about each damaged file. Its content is then made again. */
  static async open(storage: Storage, say: (line: string) => void): Promise<MeasurementStore> {
    return new MeasurementStore(storage, await JournalFile.open(storage, MEASUREMENTS), say);
  }

  private constructor(storage: Storage, journal: JournalFile, say: (line: string) => void) {
    this.#storage = storage;
    this.#journal = journal;
    this.#say = say;
  }

  /** A measurement; undefined if it has not been made. */
  get(key: string): Measured | undefined {
    return this.#journal.get(key) as Measured | undefined;
  }

  /** Adds a measurement, which is durable when the promise resolves. */
  put(key: string, measured: Measured): Promise<void> {
    return this.#journal.append(key, measured);
  }

  /** A trained network; null if there is none, or its file is damaged. */
  async network(key: string): Promise<TrainedNetwork | null> {
    const file = fileOf(key);
    const bytes = await this.#storage.read(file);
    if (!bytes) return null;
    try {
      return trainedIn(decodeSealed(bytes, file), key, file);
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      this.#say(`${error.message}; the network is trained again`);
      return null;
    }
  }

  /** Keeps a trained network. */
  async putNetwork(key: string, { weights, biases, dose }: TrainedNetwork): Promise<void> {
    const named = (part: string, values: readonly Float64Array[]) =>
      values.map((value, l) => [`${part}.${l}`, value] as const);
    const tensors = Object.fromEntries([...named("weights", weights), ...named("biases", biases)]);
    await this.#storage.write(
      fileOf(key),
      encodeSealed({ tensors, metadata: { key, dose: JSON.stringify(dose && writable(dose)) } }),
    );
  }

  /** @throws RunError if this process no longer holds the folder. */
  check(): Promise<void> {
    return this.#storage.check();
  }

  /** Releases the folder. */
  close(): Promise<void> {
    return this.#storage.close();
  }
}

function fileOf(key: string): string {
  return `${NETWORKS}/${key}.safetensors`;
}

function trainedIn({ tensors, metadata }: Tensors, key: string, file: string): TrainedNetwork {
  const part = (name: string): Float64Array[] => {
    const values: Float64Array[] = [];
    for (let l = 0; Object.hasOwn(tensors, `${name}.${l}`); l++) {
      values.push(Float64Array.from(tensors[`${name}.${l}`]));
    }
    return values;
  };
  const [weights, biases] = [part("weights"), part("biases")];
  const whole = weights.length > 0 && weights.length === biases.length;
  if (metadata.key !== key || !whole || metadata.dose === undefined) {
    throw new RunError(`${file} does not hold this network`);
  }
  const dose = JSON.parse(metadata.dose) as Dose | null;
  return { weights, biases, dose: dose && readable(dose) };
}
