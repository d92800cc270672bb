import { expect, test } from "vitest";
import { parseExperiment } from "../../ts/experiment/parse.js";
import type { ExperimentInput } from "../../ts/experiment/schema.js";
import { train } from "../../ts/jobs/train.js";
import { planOf } from "../../ts/train/plan.js";
import { nextEarly, scheduleOf } from "../../ts/train/schedule.js";

const experiment = {
  network: { layers: [10] },
  data: { name: "gaussian-mixture", inputs: 6, classes: 3, train: 120, test: 40 },
  optimizer: { batchSize: 10 },
  epochs: 3,
} satisfies ExperimentInput;

test("early evaluations lie ever further apart, end where they were told to, and disturb nothing", async () => {
  const plain = await train(experiment);
  const early = await train({ ...experiment, record: { evaluateEarly: 30 } });
  const steps = [...early.trajectory.evaluations.step];
  // Epochs end at 12, 24 and 36.
  expect(steps).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 18, 22, 24, 27, 36]);
  expect(early.trajectory.steps).toEqual(plain.trajectory.steps);
  expect(early.parameters).toEqual(plain.parameters);
  for (const name of ["unperturbedLoss", "testLoss", "niwNorm"] as const) {
    const at = (step: number) => early.trajectory.evaluations[name][steps.indexOf(step)];
    expect([0, 12, 24, 36].map(at)).toEqual([...plain.trajectory.evaluations[name]]);
  }
  expect(early.trajectory.evaluations.epoch[1]).toBeCloseTo(1 / 12, 12);
});

test("a run stops at an early evaluation that says so", async () => {
  const stop = { loss: 1 };
  const late = await train({ ...experiment, stop });
  const early = await train({ ...experiment, stop, record: { evaluateEarly: 30 } });
  expect(early.timing.steps).toBeLessThan(late.timing.steps);
  const { step, unperturbedLoss } = early.trajectory.evaluations;
  expect(step[step.length - 1]).toBe(early.timing.steps);
  expect([...unperturbedLoss].filter((loss) => loss <= 1)).toHaveLength(1);
});

test("without them there is none", () => {
  const own = parseExperiment(experiment);
  const train = { rows: 120, inputs: new Float32Array(720) };
  const data = { train, test: null, inputs: 6, outputs: 3 } as never;
  expect(nextEarly(scheduleOf(own, planOf(own, data)), 0)).toBe(Number.POSITIVE_INFINITY);
});
