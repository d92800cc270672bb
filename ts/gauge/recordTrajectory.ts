import { classify, type Evidence } from "../analysis/classify.js";
import { InputError } from "../errors/errors.js";
import type { Trajectory } from "../trajectory/trajectory.js";
import type { GaugeNodes, GaugeRecord } from "./record.js";

/** Steps over which the loss of batches is averaged, as in ninscope's own runs. */
const WINDOW = 5;

/** The records as a run of ninscope leaves them. Of the loss without noise and of the test loss they tell nothing. */
export function trajectoryOf(records: readonly GaugeRecord[]): Trajectory {
  const of = (key: keyof GaugeRecord) => Float64Array.from(records, (record) => record[key]);
  const last = of("step").slice(-1);
  const none = last.map(() => Number.NaN);
  const empty = new Float64Array(0);
  return {
    steps: {
      ...{ step: of("step"), loss: of("loss"), niwNorm: of("norm"), memory: of("memory") },
      ...{ effectiveNiw: empty, kappa: empty, kick: of("kick") },
      ...{ dosePaid: empty, doseBudget: empty },
    },
    evaluations: {
      ...{ step: last, epoch: last, niwNorm: of("norm").slice(-1), memory: of("memory").slice(-1) },
      ...{ unperturbedLoss: none, trainAccuracy: none, testLoss: none, testAccuracy: none },
      ...{ effectiveNiw: none, dosePaid: none, doseBudget: none },
    },
  };
}

/**
 * The phase that records show (theory, section 4). A loss that was not told takes no part. Noise weights that do not train show no phase,
 * so the loss is judged alone.
 * @throws InputError if there is no record.
 */
export function gaugePhase(
  { width, nodes, learningRate }: GaugeNodes,
  records: readonly GaugeRecord[],
): Evidence {
  if (records.length === 0) throw new InputError("records", "no step was observed so far");
  const told = records.some(({ loss }) => !Number.isNaN(loss));
  const trajectory = trajectoryOf(records);
  const judged = { ...trajectory, steps: { ...trajectory.steps, loss: lossesOf(records) } };
  const evidence = classify(judged, {
    measure: learningRate > 0 ? "memory" : "loss",
    ...{ niw: 0, loss: 0, constantLoss: Number.POSITIVE_INFINITY },
    ...{ window: WINDOW, weights: width * nodes },
  });
  if (told) return evidence;
  const unknown = {
    lossStart: Number.NaN,
    lossMax: Number.NaN,
    lossEnd: Number.NaN,
    lossOvershoot: Number.NaN,
  };
  if (learningRate > 0) return { ...evidence, ...unknown };
  const reason = "there is nothing to judge: the noise weights do not train, and no loss was told";
  return { ...evidence, ...unknown, phase: "unclassified", reason, closeTo: null };
}

/** The losses, each that was not told replaced by the one before it; 1 where none was. */
function lossesOf(records: readonly GaugeRecord[]): Float64Array {
  let known = records.find(({ loss }) => !Number.isNaN(loss))?.loss ?? 1;
  return Float64Array.from(records, ({ loss }) => {
    if (!Number.isNaN(loss)) known = loss;
    return known;
  });
}
