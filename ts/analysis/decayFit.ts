import { levenbergMarquardt } from "ml-levenberg-marquardt";
import { inverse, Matrix } from "ml-matrix";
import { least } from "./extremes.js";

/** A fit of `A exp(-x/tau) + C`. */
export interface DecayFit {
  readonly amplitude: number;
  readonly tau: number;
  readonly offset: number;
  /**
   * Standard error of `ln tau`. If neighbouring residuals have the correlation rho, it is widened by `sqrt((1 + rho) /
   * (1 - rho))` (derived).
   */
  readonly logTauError: number;
  /** Fraction of the variance of the fitted values that the fit explains. */
  readonly rSquared: number;
}

/** The second parameter is `ln tau`. */
type Parameters = number[];

interface Model {
  readonly value: (parameters: Parameters) => (x: number) => number;
  /** Derivatives with respect to the parameters. */
  readonly slopes: (parameters: Parameters) => (x: number) => number[];
}

/** Initial time scales, in units of the window. */
const STARTS = [0.03, 0.15, 0.7];
/** An offset below this fraction of the lowest value is set to zero. */
const NO_OFFSET = 3e-5;

/** `A exp(-x/tau) + C` with the parameters `A`, `ln tau`, `C`. If `C` is left out, there is no offset. */
const PLAIN: Model = {
  value:
    ([a, logTau, c = 0]) =>
    (x) =>
      a * Math.exp(-x / Math.exp(logTau)) + c,
  slopes:
    ([a, logTau, c]) =>
    (x) => {
      const age = x / Math.exp(logTau);
      const e = Math.exp(-age);
      return c === undefined ? [e, a * e * age] : [e, a * e * age, 1];
    },
};

/** The logarithm of it, with the parameters `ln A`, `ln tau`, `ln C`. If `ln C` is left out, there is no offset. */
const LOGARITHM: Model = {
  value:
    ([logA, logTau, logC]) =>
    (x) => {
      const decay = logA - x / Math.exp(logTau);
      if (logC === undefined) return decay;
      const most = Math.max(decay, logC);
      return most + Math.log(Math.exp(decay - most) + Math.exp(logC - most));
    },
  slopes: (parameters) => {
    const value = LOGARITHM.value(parameters);
    const [logA, logTau, logC] = parameters;
    return (x) => {
      const age = x / Math.exp(logTau);
      if (logC === undefined) return [1, age];
      const share = Math.exp(logA - age - value(x));
      return [share, share * age, 1 - share];
    };
  },
};

/** Fits by least squares, over x in [0, 1], with or without an offset. */
export function fitPlain(x: readonly number[], y: readonly number[], hasOffset: boolean): DecayFit {
  const [scale, last] = [y[0], y[y.length - 1]];
  const found = solve(
    PLAIN,
    x,
    y.map((value) => value / scale),
    (logTau) => (hasOffset ? [1 - last / scale, logTau, last / scale] : [1, logTau]),
  );
  const [a, logTau, c = 0] = found.parameters;
  return { amplitude: a * scale, tau: Math.exp(logTau), offset: c * scale, ...found };
}

/** Fits logarithms by least squares, over x in [0, 1]. The offset is not negative. */
export function fitLogarithms(x: readonly number[], logs: readonly number[]): DecayFit {
  const lowest = least(logs);
  let found = solve(LOGARITHM, x, logs, (logTau) => [logs[0], logTau, lowest - 0.5]);
  if (found.parameters[2] - lowest < Math.log(NO_OFFSET)) {
    found = solve(LOGARITHM, x, logs, (logTau) => [logs[0], logTau]);
  }
  const [logA, logTau, logC = Number.NEGATIVE_INFINITY] = found.parameters;
  return { amplitude: Math.exp(logA), tau: Math.exp(logTau), offset: Math.exp(logC), ...found };
}

/** Starts from several time scales, and continues the best of these fits to convergence. */
function solve(
  model: Model,
  x: readonly number[],
  y: readonly number[],
  initial: (logTau: number) => Parameters,
): Pick<DecayFit, "logTauError" | "rSquared"> & { readonly parameters: Parameters } {
  const run = (initialValues: Parameters, maxIterations: number) =>
    levenbergMarquardt({ x: [...x], y: [...y] }, model.value, {
      initialValues,
      jacobianFunction: model.slopes,
      maxIterations,
      damping: 0.01,
      errorTolerance: 1e-14,
    });
  const [best] = STARTS.map((tau) => run(initial(Math.log(tau)), 20)).sort(
    (a, b) => a.parameterError - b.parameterError,
  );
  const parameters = run(best.parameterValues, 60).parameterValues;
  const value = model.value(parameters);
  const residuals = x.map((at, i) => y[i] - value(at));
  const square = residuals.reduce((sum, r) => sum + r * r, 0);
  const mean = y.reduce((sum, one) => sum + one, 0) / y.length;
  const total = y.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  const J = new Matrix(x.map(model.slopes(parameters)));
  return {
    parameters,
    logTauError: logTauError(J, residuals, square),
    rSquared: 1 - square / total,
  };
}

function logTauError(J: Matrix, residuals: readonly number[], square: number): number {
  const lagged = residuals.slice(1).reduce((sum, r, i) => sum + r * residuals[i], 0);
  const rho = square > 0 ? Math.min(0.98, Math.max(0, lagged / square)) : 0;
  try {
    const free = Math.max(1, J.rows - J.columns);
    const variance = inverse(J.transpose().mmul(J)).get(1, 1) * (square / free);
    return Math.sqrt((variance * (1 + rho)) / (1 - rho));
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
