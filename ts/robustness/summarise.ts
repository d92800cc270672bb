import { meanInterval } from "../analysis/interval.js";
import { P95 } from "../analysis/studentT.js";
import type { Measured } from "../store/measurements.js";
import type { Dose } from "../train/record/dose.js";
import type {
  Accuracy,
  AttackAccuracy,
  CorruptionAccuracy,
  NetworkDose,
  NetworkRobustness,
  ShiftAccuracy,
} from "./robustnessResult.js";
import type { FullSettings } from "./settings.js";
import type { Task } from "./tasks.js";

/** What was measured of a network: for each task, one number a seed. */
export interface MeasuredNetwork {
  readonly name: string;
  readonly measured: ReadonlyMap<Task, readonly Measured[]>;
  /** The dose of each seed; null where there is none. */
  readonly doses: readonly (Dose | null)[];
}

/**
 * Accuracies with their errors, and differences to those of the first network.
 * @param first the first network; null if this is it.
 */
export function summarise(
  { name, measured, doses }: MeasuredNetwork,
  first: MeasuredNetwork | null,
  settings: FullSettings,
): NetworkRobustness {
  const accuracyOver = (tasks: readonly Task[]): Accuracy => {
    const own = tasks.map((task) => measured.get(task) ?? []);
    const theirs = first && tasks.map((task) => first.measured.get(task) ?? []);
    return accuracyOf(own, theirs);
  };
  let clean: Accuracy | null = null;
  const corruptions: CorruptionAccuracy[] = [];
  const attacks: AttackAccuracy[] = [];
  const shift: ShiftAccuracy[] = [];
  for (const task of measured.keys()) {
    const found = accuracyOver([task]);
    if (task.kind === "clean") clean = found;
    if (task.kind === "shift") shift.push({ name: task.name, ...found });
    if (task.kind === "attack") {
      const { name: attack, epsilon } = task;
      const steps = { fgsm: 1, pgd: settings.steps, square: settings.queries }[attack];
      attacks.push({ name: attack, epsilon, steps, ...found });
    }
    if (task.kind === "corruption") {
      corruptions.push({ name: task.name, severity: task.severity, ...found });
    }
  }
  const severities = corruptions.length === 0 ? [] : settings.severities;
  return {
    name,
    clean: clean ?? accuracyOver([]),
    corruptions,
    severities: severities.map((severity) => ({
      severity,
      ...accuracyOver(
        [...measured.keys()].filter(
          (task) => task.kind === "corruption" && task.severity === severity,
        ),
      ),
    })),
    attacks,
    shift,
    dose: doseOver(doses),
  };
}

function doseOver(doses: readonly (Dose | null)[]): NetworkDose | null {
  const seeds = doses.filter((dose) => dose !== null);
  if (seeds.length === 0) return null;
  const mean = (of: "paid" | "budget") =>
    seeds.reduce((sum, dose) => sum + dose[of], 0) / seeds.length;
  const [paid, budget] = [mean("paid"), mean("budget")];
  return { paid, budget, ratio: paid / budget, seeds };
}

/** The mean accuracy over several tasks, seed by seed. */
function accuracyOf(
  own: readonly (readonly Measured[])[],
  first: readonly (readonly Measured[])[] | null,
): Accuracy {
  const seeds = bySeed(own);
  const others = first ? bySeed(first) : [];
  const paired = seeds.length > 1 && seeds.length === others.length;
  const difference = paired ? meanInterval(seeds.map((value, k) => value - others[k])) : null;
  if (seeds.length === 1) {
    // All tasks show the same images, so more tasks are no more samples.
    const samples = Math.min(...own.map(([{ samples: count }]) => count));
    return { ...binomial(seeds[0], samples), seeds, difference };
  }
  const { mean, low, high } = meanInterval(seeds);
  const squares = seeds.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const error = Math.sqrt(squares / (seeds.length - 1) / seeds.length);
  return {
    accuracy: mean,
    error,
    low: Math.max(0, low),
    high: Math.min(1, high),
    seeds,
    difference,
  };
}

/** The mean over the tasks for each seed. */
function bySeed(tasks: readonly (readonly Measured[])[]): number[] {
  return (tasks[0] ?? []).map(
    (_, k) =>
      tasks.reduce((sum, measured) => sum + measured[k].correct / measured[k].samples, 0) /
      tasks.length,
  );
}

/** E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927. */
function binomial(accuracy: number, samples: number): Omit<Accuracy, "seeds" | "difference"> {
  const z2 = P95.normal ** 2 / samples;
  const middle = (accuracy + z2 / 2) / (1 + z2);
  const spread = (accuracy * (1 - accuracy)) / samples;
  const half = (P95.normal * Math.sqrt(spread + z2 / 4 / samples)) / (1 + z2);
  return {
    accuracy,
    error: Math.sqrt(spread),
    low: Math.max(0, Math.min(middle - half, accuracy)),
    high: Math.min(1, Math.max(middle + half, accuracy)),
  };
}
