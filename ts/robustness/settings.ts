import * as v from "valibot";
import { InputError } from "../errors/errors.js";
import { parseWith } from "../schema/parseWith.js";
import { choice, integer, list, real } from "../schema/takes.js";
import { ATTACK_NAMES, type AttackName } from "./attacks/attacks.js";
import { CORRUPTION_NAMES, type CorruptionName, MOST_SEVERE } from "./corruptions/corruptions.js";

/** What a measurement of robustness covers, and how strong its attacks are. */
export interface RobustnessSettings {
  /** Corruptions of the test images: all if left out. */
  readonly corruptions?: readonly CorruptionName[];
  /** Severities of each corruption, from 1 to 5: all if left out. */
  readonly severities?: readonly number[];
  /** Attacks: all if left out. */
  readonly attacks?: readonly AttackName[];
  /**
   * Largest changes of a pixel, from 0 to 1, for each attack: 0.01, 0.02, 0.05, 0.1, 0.2 and 0.3 if left out.
   */
  readonly epsilons?: readonly number[];
  /** Test images, from the first on: 1,000 if left out, or all if there are fewer. */
  readonly samples?: number;
  /** The first of them that are attacked, at most `samples`: 200 if left out, or `samples` if that is less. */
  readonly attackSamples?: number;
  /** Steps of PGD from each start: 40 if left out. */
  readonly steps?: number;
  /** Random starts of PGD: 2 if left out. */
  readonly restarts?: number;
  /** Queries of the square search: 500 if left out. */
  readonly queries?: number;
  /** Seed of the corruptions and attacks, which does not depend on the networks' own seeds: 0 if left out. */
  readonly seed?: number;
}

/** The settings with every default filled in; `samples` may be more than there are. */
export type FullSettings = Required<RobustnessSettings>;

const names = <const T extends readonly string[]>(all: T) =>
  v.optional(list(choice(all), all.length, "takes a list of names"));

/** A list of one value or more: none would leave out corruptions or attacks unsaid. */
const some = (item: v.GenericSchema<number>, most: number, takes: string) =>
  v.pipe(
    list(item, most, takes),
    v.check((values) => values.length > 0, `${takes}, one or more`),
  );

const schema = v.strictObject({
  corruptions: names(CORRUPTION_NAMES),
  severities: v.optional(
    some(integer(1, MOST_SEVERE), MOST_SEVERE, "takes a list of severities"),
    [1, 2, 3, 4, 5],
  ),
  attacks: names(ATTACK_NAMES),
  epsilons: v.optional(
    some(real(0, { max: 1 }), 100, "takes a list of numbers from 0 to 1"),
    [0.01, 0.02, 0.05, 0.1, 0.2, 0.3],
  ),
  samples: v.optional(integer(1, 1e9)),
  attackSamples: v.optional(integer(1, 1e9)),
  steps: v.optional(integer(1, 10_000), 40),
  restarts: v.optional(integer(1, 1000), 2),
  queries: v.optional(integer(1, 1_000_000), 500),
  seed: v.optional(integer(0, 0xffffffff), 0),
});

const MOST_SAMPLES = 1000;
const MOST_ATTACKED = 200;

/**
 * Fills in the defaults.
 * @param available number of test images.
 * @throws InputError that names the field, its value and what it takes.
 */
export function fullSettings(given: RobustnessSettings, available: number): FullSettings {
  const parsed = parseWith(schema, given, "the settings");
  const { samples = Math.min(MOST_SAMPLES, available), ...rest } = parsed;
  const { attackSamples = Math.min(MOST_ATTACKED, samples) } = parsed;
  if (attackSamples > samples && samples <= available) {
    throw new InputError(
      "attackSamples",
      `attackSamples is ${attackSamples}: takes an integer from 1 to the ${samples} images that are measured (samples)`,
    );
  }
  return {
    ...rest,
    samples,
    attackSamples,
    corruptions: unique(rest.corruptions ?? CORRUPTION_NAMES),
    severities: unique(rest.severities).sort((a, b) => a - b),
    attacks: unique(rest.attacks ?? ATTACK_NAMES),
    epsilons: unique(rest.epsilons).sort((a, b) => a - b),
  };
}

/** The severity that stands for all where only one is shown: 3, the usual default, or the middle one. */
export function middleSeverity(severities: readonly number[]): number {
  return severities.includes(3) ? 3 : severities[Math.floor(severities.length / 2)];
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
