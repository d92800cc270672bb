import type { GaugeResult } from "./gaugeResult.js";
import type { GaugeNodes } from "./record.js";

type Verdicts = Pick<GaugeResult, "phase" | "now" | "stableUpTo" | "kappa" | "addedLoss">;

/**
 * The state of training in one sentence.
 * @param loss the last batch loss; NaN if it was not told.
 */
export function verdictOf(
  { learningRate }: GaugeNodes,
  { phase, now, stableUpTo, kappa, addedLoss }: Verdicts,
  loss: number,
): string {
  const reading = `curvature along the noise ${withError(now.value, now.error)} (by ${now.method === "step" ? "step" : "antithetic passes"}, over ${now.steps} ${now.steps === 1 ? "step" : "steps"})`;
  // Three standard errors above 0.
  const resolved = !(3 * now.error >= now.value);
  const stable =
    stableUpTo !== null && resolved
      ? `learning rate stable up to ${short(stableUpTo)} along it`
      : "too small to be told from 0, so it limits no learning rate yet";
  // The reading's error says how well the added loss is known, so an unresolved one is told as a bound.
  const most =
    (Math.abs(addedLoss) * (Math.abs(now.value) + 2 * (now.error || 0))) / Math.abs(now.value);
  const added =
    most / loss > 0 ? `, and add at most ${short((100 * most) / loss)} % to the loss` : "";
  const noise =
    learningRate > 0
      ? `the noise is in the ${phase} phase (kappa ${short(kappa)}, unstable from 2 on)`
      : `the noise weights do not train${added}`;
  return `${reading}; ${stable}; ${phase === "unclassified" && learningRate > 0 ? "the phase is unclassified" : noise}`;
}

/** A number with as many digits as its error allows. */
export function withError(value: number, error: number): string {
  if (!(error > 0) || !Number.isFinite(value)) return short(value);
  const place = 10 ** (Math.floor(Math.log10(error)) - 1);
  const rounded = (x: number) => String(Number((Math.round(x / place) * place).toPrecision(12)));
  return `${rounded(value)} ± ${rounded(error)}`;
}

export function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
