import { type Command, Option } from "commander";
import { InputError, shown } from "../../errors/errors.js";
import { ATTACK_NAMES } from "../../robustness/attacks/attacks.js";
import { CORRUPTION_NAMES } from "../../robustness/corruptions/corruptions.js";
import type { RobustnessSettings } from "../../robustness/settings.js";

/** What the command line says about a measurement of robustness. `--seed` would be taken for that of the networks. */
export interface RobustnessFlags extends Omit<RobustnessSettings, "seed"> {
  readonly corruptionSeed?: number;
}

/** Adds the options that say what is measured. */
export function withRobustness(command: Command): Command {
  const named = (flags: string, description: string, all: readonly string[]) =>
    new Option(flags, description).argParser((text) => namesOf(flagOf(flags), text, all));
  const listed = (flags: string, description: string) =>
    new Option(flags, description).argParser((text) => numbersOf(flagOf(flags), text));
  const counted = (flags: string, description: string) =>
    new Option(flags, description).argParser((text) => {
      const [value, ...more] = numbersOf(flagOf(flags), text);
      if (more.length === 0) return value;
      throw new InputError(flagOf(flags), `${flagOf(flags)} is ${shown(text)}: takes one number`);
    });
  const options = [
    named("--corruptions <names>", "separated by commas; all, or none (all)", CORRUPTION_NAMES),
    listed("--severities <list>", "severities of the corruptions (1,2,3,4,5)"),
    named("--attacks <names>", `${ATTACK_NAMES.join(", ")}; all, or none (all)`, ATTACK_NAMES),
    listed("--epsilons <list>", "largest changes of a pixel (0.01,0.02,0.05,0.1,0.2,0.3)"),
    counted("--samples <n>", "test images (1000, or all if there are fewer)"),
    counted(
      "--attack-samples <n>",
      "test images that are attacked (200, or all if there are fewer)",
    ),
    counted("--steps <n>", "steps of PGD from each start (40)"),
    counted("--restarts <n>", "random starts of PGD (2)"),
    counted("--queries <n>", "queries of the square search (500)"),
    counted("--corruption-seed <n>", "seed of the corruptions and attacks (0)"),
  ];
  for (const option of options) command.addOption(option);
  return command;
}

/** The settings that these flags stand for. */
export function settingsOf(flags: RobustnessFlags): RobustnessSettings {
  const { corruptions, severities, attacks, epsilons, samples, attackSamples } = flags;
  const { steps, restarts, queries, corruptionSeed: seed } = flags;
  const all = { corruptions, severities, attacks, epsilons, samples, attackSamples };
  const given = Object.entries({ ...all, steps, restarts, queries, seed });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

function flagOf(flags: string): string {
  return flags.split(" ")[0];
}

function namesOf(flag: string, text: string, all: readonly string[]): readonly string[] {
  if (text === "all") return all;
  if (text === "none") return [];
  const names = text.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !all.includes(name));
  if (unknown === undefined) return names;
  throw new InputError(
    flag,
    `${flag} has ${shown(unknown)}: takes all, none, or some of ${all.join(", ")}`,
  );
}

function numbersOf(flag: string, text: string): number[] {
  const values = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (values.every(Number.isFinite)) return values;
  throw new InputError(flag, `${flag} is ${shown(text)}: takes numbers separated by commas`);
}
