import type { GaugeResult } from "./gaugeResult.js";
import type { GaugeNodes } from "./record.js";

/** The state of training in one sentence. */
export function verdictOf(
  { learningRate }: GaugeNodes,
  { phase, now, stableUpTo, kappa }: Pick<GaugeResult, "phase" | "now" | "stableUpTo" | "kappa">,
): string {
  const reading = `curvature along the noise ${withError(now.value, now.error)} (by ${now.method === "step" ? "step" : "antithetic passes"}, over ${now.steps} ${now.steps === 1 ? "step" : "steps"})`;
  // Three standard errors above 0.
  const resolved = !(3 * now.error >= now.value);
  const stable =
    stableUpTo !== null && resolved
      ? `learning rate stable up to ${short(stableUpTo)} along it`
      : "too small to be told from 0, so it limits no learning rate yet";
  const noise =
    learningRate > 0
      ? `the noise is in the ${phase} phase (kappa ${short(kappa)}, unstable from 2 on)`
      : "the noise weights do not train";
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
