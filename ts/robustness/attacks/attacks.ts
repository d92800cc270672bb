import type { ModelSession } from "../modelSession.js";
import { type Attack, type AttackDraws, type AttackSettings, chosen, Hunt } from "./attack.js";
import { fgsm, pgd } from "./gradientAttacks.js";
import { areCorrect } from "./margin.js";
import { square } from "./square.js";

/** The name of an attack. */
export type AttackName = "fgsm" | "pgd" | "square";

/** The attacks by name. */
const ATTACKS: Readonly<Record<AttackName, Attack>> = { fgsm, pgd, square };

/** The names of all attacks. */
export const ATTACK_NAMES = Object.keys(ATTACKS) as readonly AttackName[];

/** What an attack did to a model. */
export interface AttackOutcome {
  /** Whether the model is right about each sample, and about all images near it that the attack tried. */
  readonly correct: readonly boolean[];
  /** Images that fooled the model, by the number of their sample. */
  readonly fooling: ReadonlyMap<number, Float32Array>;
}

/**
 * Attacks a model on images. It leaves out those about which the model is wrong already.
 * @param images `[samples, inputs]`, numbers from 0 to 1.
 */
export async function attack(
  name: AttackName,
  session: ModelSession,
  images: Float32Array,
  labels: Uint32Array,
  settings: AttackSettings,
  streams: AttackDraws["streams"],
): Promise<AttackOutcome> {
  const clean = areCorrect(await session.logits(images), session.outputs, labels);
  const right = [...clean.keys()].filter((i) => clean[i]);
  const numbers = Uint32Array.from(labels.keys());
  const hunt = new Hunt(chosen({ session, images, labels, numbers }, right));
  if (right.length > 0) await ATTACKS[name](hunt, settings, { streams, samples: labels.length });
  const { fooling } = hunt;
  return { correct: clean.map((is, i) => is && !fooling.has(i)), fooling };
}
