import type { Streams } from "../../random/streams.js";
import type { ModelSession } from "../modelSession.js";
import { areCorrect } from "./margin.js";

/** What an attack works on: the model on a machine, and images that the model classifies correctly. */
export interface Target {
  readonly session: ModelSession;
  /** `[samples, inputs]`, numbers from 0 to 1. */
  readonly images: Float32Array;
  /** `[samples]`. */
  readonly labels: Uint32Array;
  /** Number of each sample, by which its random numbers are found. */
  readonly numbers: Uint32Array;
}

/** How strong an attack is. */
export interface AttackSettings {
  /** Largest change of a pixel, from 0 to 1. */
  readonly epsilon: number;
  /** Steps of PGD from each start. */
  readonly steps: number;
  /** Random starts of PGD. */
  readonly restarts: number;
  /** Queries of the square search. */
  readonly queries: number;
}

/** Random numbers for all samples of a data set: those of a sample do not depend on which others are attacked. */
export interface AttackDraws {
  readonly streams: Streams;
  /** Number of all samples. */
  readonly samples: number;
}

/** Searches near the images that are left for images that the model takes for another class. */
export type Attack = (hunt: Hunt, settings: AttackSettings, draws: AttackDraws) => Promise<void>;

/** The samples that an attack has yet to fool, and the images that fooled the model. */
export class Hunt {
  readonly session: ModelSession;
  readonly #fooling: Map<number, Float32Array> = new Map();
  #left: Target;

  constructor(target: Target) {
    this.session = target.session;
    this.#left = target;
  }

  /** The samples that are left. */
  get left(): Target {
    return this.#left;
  }

  /** Images that fooled the model, by the number of their sample. */
  get fooling(): ReadonlyMap<number, Float32Array> {
    return this.#fooling;
  }

  /**
   * Notes which images fool the model, and leaves their samples out from now on.
   * @param outputs of the model for `images`, which belong to the samples that are left.
   * @returns the places of the samples that stay.
   */
  judge(images: Float32Array, outputs: Float64Array): number[] {
    const { labels, numbers } = this.#left;
    const { inputs, outputs: classes } = this.session;
    const right = areCorrect(outputs, classes, labels);
    const stay: number[] = [];
    for (const [i, still] of right.entries()) {
      if (still) stay.push(i);
      else this.#fooling.set(numbers[i], images.slice(i * inputs, (i + 1) * inputs));
    }
    if (stay.length < right.length) this.#left = chosen(this.#left, stay);
    return stay;
  }
}

/** Some of the samples. */
export function chosen(target: Target, places: readonly number[]): Target {
  const { session, images, labels, numbers } = target;
  return {
    session,
    images: rowsOf(images, places, session.inputs),
    labels: Uint32Array.from(places, (i) => labels[i]),
    numbers: Uint32Array.from(places, (i) => numbers[i]),
  };
}

/** Some of the rows. */
export function rowsOf<T extends Float32Array | Float64Array>(
  values: T,
  places: readonly number[],
  width: number,
): T {
  if (places.length * width === values.length) return values;
  const out = values.slice(0, places.length * width) as T;
  places.forEach((place, i) => {
    out.set(values.subarray(place * width, (place + 1) * width), i * width);
  });
  return out;
}
