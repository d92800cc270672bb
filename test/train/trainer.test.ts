import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import type { Machine } from "../../ts/backend/machine.js";
import { referenceMachine } from "../../ts/backend/reference.js";
import { parametersOf } from "../../ts/train/parameters.js";
import type { EvaluationRecord } from "../../ts/train/record/recorder.js";
import { runTraining, type TrainerHooks } from "../../ts/train/trainer.js";
import { naiveRun } from "../support/naive.js";
import { type RandomRun, randomRun, randomSettings, type Setting } from "../support/randomRun.js";

/**
 * Two float64 computations of a few steps, that differ in the order of their sums: some hundred roundings of 1e-16
 * of the largest number of a series. A term that is wrong or missing shows at 1e-2.
 */
const ROUNDING = 1e-11;

const plain: Setting = {
  seed: 1,
  hidden: [6, 5],
  inputs: 4,
  outputs: 3,
  activation: "tanh",
  task: "classes",
  bias: true,
  ntk: false,
  bytes: false,
  noise: [{ layer: 1, nodes: 2, sigma: 0.5, fixed: false }],
  rows: 12,
  testRows: 5,
  evaluateRows: 12,
  batch: 4,
  momentum: 0,
  weightDecay: 0,
  steps: 9,
  dense: 100,
  every: 1,
  evaluateEvery: 1,
  evaluateEarly: 0,
};

/** Its loss grows by four orders in eight steps. */
const divergent: Parameters<typeof randomRun>[0] = {
  seed: 2147475885,
  hidden: [3, 4],
  inputs: 2,
  outputs: 3,
  activation: "linear",
  task: "one-hot",
  bias: true,
  ntk: false,
  bytes: false,
  noise: [
    { layer: 0, nodes: 2, sigma: 0.9536805006037093, fixed: true },
    { layer: 1, nodes: 3, sigma: 0.8403304987267697, fixed: false },
    { layer: 2, nodes: 3, sigma: 0.1696752310438446, fixed: false },
  ],
  rows: 3,
  testRows: 7,
  evaluateRows: 1,
  batch: 3,
  momentum: 0.6,
  weightDecay: 0.05,
  steps: 8,
  dense: 0,
  every: 1,
  evaluateEvery: 1,
  evaluateEarly: 0,
};

function trained(run: RandomRun, hooks: TrainerHooks = {}, machine = referenceMachine()) {
  return runTraining(machine, run, hooks);
}

function expectClose(
  found: Readonly<Record<string, Float64Array>>,
  wanted: Readonly<Record<string, Float64Array>>,
  growth: number,
): void {
  expect(Object.keys(found).sort()).toEqual(Object.keys(wanted).sort());
  for (const [name, values] of Object.entries(wanted)) {
    expect(found[name].length, name).toBe(values.length);
    const size = Math.max(1, ...Array.from(values, Math.abs).filter((x) => !Number.isNaN(x)));
    values.forEach((value, i) => {
      if (Number.isNaN(value)) expect(found[name][i], `${name}[${i}]`).toBeNaN();
      else {
        const error = Math.abs(found[name][i] - value);
        expect(error, `${name}[${i}] = ${value}`).toBeLessThanOrEqual(ROUNDING * size * growth);
      }
    });
  }
}

function named(parts: readonly Float64Array[]): Record<string, Float64Array> {
  return Object.fromEntries(parts.map((values, i) => [String(i), values]));
}

/** A run that diverges multiplies the roundings behind it by what it multiplies its loss by. */
function growthOf(loss: Float64Array): number {
  return Math.max(1, ...Array.from(loss, (x) => x / loss[0]).filter(Number.isFinite));
}

/** Checks a run against the plain loop's; returns both. */
async function compared(run: RandomRun) {
  const found = await trained(run);
  const wanted = naiveRun(run);
  expect(found.steps).toBe(wanted.steps);
  const growth = growthOf(wanted.trajectory.steps.loss);
  expectClose(found.trajectory.steps, wanted.trajectory.steps, growth);
  expectClose(found.trajectory.evaluations, wanted.trajectory.evaluations, growth);
  const parameters = parametersOf(run.plan.network, found.weights);
  for (const part of ["weights", "biases", "niw"] as const) {
    expectClose(named(parameters[part]), named(wanted.parameters[part]), growth);
  }
  return { found, wanted };
}

describe("a run on the reference machine", () => {
  test("is that of a plain loop over samples", async () => {
    await fc.assert(
      fc.asyncProperty(randomSettings, (setting) => compared(randomRun(setting)).then(() => {})),
      { numRuns: 150, examples: [[divergent]] },
    );
  });

  test("of more samples than an evaluation takes at a time is evaluated on all of them", async () => {
    for (const task of ["classes", "one-hot"] as const) {
      const large = { ...plain, hidden: [3], task, rows: 2500, testRows: 1030, steps: 1 };
      const { found } = await compared(randomRun({ ...large, evaluateRows: 2500, batch: 2 }));
      expect(found.trajectory.evaluations.step).toEqual(Float64Array.of(0, 1));
    }
  });

  test("takes samples as they stand where there is no order", async () => {
    const run = randomRun({ ...plain, rows: 8, batch: 8 });
    const counted = Uint32Array.from({ length: 8 }, (_, i) => i);
    await compared({ ...run, order: () => counted, inputs: { ...run.inputs, order: () => null } });
  });
});

describe("a run stops", () => {
  const long = randomRun({ ...plain, steps: 120, evaluateEvery: 2 });
  const whole = naiveRun(long).trajectory.evaluations;

  test("at the first evaluation whose loss is low enough", async () => {
    const loss = (whole.unperturbedLoss[3] + whole.unperturbedLoss[4]) / 2;
    const { found } = await compared({ ...long, schedule: { ...long.schedule, stop: { loss } } });
    expect(found.trajectory.evaluations.step).toEqual(
      whole.step.slice(0, found.trajectory.evaluations.step.length),
    );
    const { unperturbedLoss } = found.trajectory.evaluations;
    expect(unperturbedLoss[unperturbedLoss.length - 1]).toBeLessThanOrEqual(loss);
    expect(unperturbedLoss.slice(1, -1).every((value) => value > loss)).toBe(true);
    expect(found.steps).toBeLessThan(120);
  });

  test("at the first evaluation whose accuracy is high enough", async () => {
    const trainAccuracy = Math.max(...whole.trainAccuracy);
    expect(whole.trainAccuracy[0]).toBeLessThan(trainAccuracy);
    const stop = { trainAccuracy };
    const { found } = await compared({ ...long, schedule: { ...long.schedule, stop } });
    const at = whole.trainAccuracy.findIndex((value, i) => i > 0 && value >= trainAccuracy);
    expect(found.steps).toBe(whole.step[at]);
  });

  test("where a number leaves the finite range, and says no more", async () => {
    const run = randomRun({ ...plain, task: "numbers", activation: "linear", steps: 600 });
    const wild = { ...run, plan: { ...run.plan, learningRate: 1e30 } };
    const { trajectory, steps, weights } = await trained(wild);
    const { loss } = trajectory.steps;
    expect(steps).toBeLessThan(600);
    expect(loss.length).toBe(steps);
    expect(loss.slice(0, -1).every(Number.isFinite)).toBe(true);
    expect([loss[steps - 1], trajectory.steps.niwNorm[steps - 1]].every(Number.isFinite)).toBe(
      false,
    );
    const last = trajectory.evaluations.step.length - 1;
    expect(trajectory.evaluations.step[last]).toBe(steps);
    expect(trajectory.evaluations.unperturbedLoss[last]).toBeNaN();
    expect(weights.every((values) => values.every(Number.isNaN))).toBe(true);
    // Not in the middle of what is not recorded: the step that ends a run is kept.
    const sparse = { ...wild, schedule: { ...wild.schedule, dense: 0, every: 1000 } };
    expect((await trained(sparse)).trajectory.steps.step).toEqual(Float64Array.of(0, steps - 1));
  });

  test("at its scheduled end if asked to go on regardless", async () => {
    const run = randomRun({ ...plain, task: "numbers", activation: "linear", steps: 60 });
    const schedule = { ...run.schedule, endsWhenDiverged: false };
    const wild = { ...run, schedule, plan: { ...run.plan, learningRate: 1e30 } };
    const { trajectory, steps } = await trained(wild);
    expect(steps).toBe(60);
    expect(trajectory.steps.loss.length).toBe(60);
    expect(trajectory.steps.loss[59]).toBeNaN();
    expect(trajectory.evaluations.step.length).toBe(1 + 60 / run.schedule.stepsPerEpoch);
  });
});

describe("while it runs", () => {
  const endless = randomRun({ ...plain, steps: 9 });
  const repeating: RandomRun = {
    ...endless,
    schedule: { ...endless.schedule, steps: 1e9, dense: 0, every: 1e9, evaluateEvery: 1e9 },
    inputs: {
      ...endless.inputs,
      order: () => null,
      noise: (g, epoch) => (epoch === 0 ? endless.inputs.noise(g, 0) : null),
    },
  };

  test("it tells every evaluation as it is made, and how far it is", async () => {
    const records: EvaluationRecord[] = [];
    const progress: number[] = [];
    const { trajectory } = await trained(endless, {
      onRecord: (record) => records.push(record),
      onStep: (step, steps) => progress.push(step / steps),
    });
    const { evaluations } = trajectory;
    expect(records.map(({ step }) => step)).toEqual([0, 3, 6, 9]);
    for (const name of Object.keys(evaluations) as (keyof EvaluationRecord)[]) {
      expect(Float64Array.from(records, (record) => record[name])).toEqual(evaluations[name]);
    }
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect([progress[0], progress[progress.length - 1]]).toEqual([0, 1]);
  });

  test("it stops when a callback asks for it, and keeps what was recorded", async () => {
    const whole = await trained(endless);
    const byRecord = await trained(endless, {
      onRecord: ({ step }) => (step === 6 ? "stop" : undefined),
    });
    expect(byRecord.steps).toBe(6);
    expect(byRecord.trajectory.steps.loss).toEqual(whole.trajectory.steps.loss.slice(0, 6));
    expect([...byRecord.trajectory.evaluations.step]).toEqual([0, 3, 6]);
    const looks: number[] = [];
    const byObserver = await trained(endless, {
      observer: {
        next: (step) => step,
        look: async ({ step }) => {
          looks.push(step);
          return step === 4 ? "stop" : step;
        },
      },
    });
    expect(looks).toEqual([0, 1, 2, 3, 4]);
    expect(byObserver.steps).toBe(4);
    expect([...byObserver.trajectory.evaluations.step]).toEqual([0, 3, 4]);
    const atOnce = await trained(endless, { onRecord: () => "stop" });
    expect([atOnce.steps, ...atOnce.trajectory.evaluations.step]).toEqual([0, 0]);
  });

  test("it ends with its signal's reason, and asks its machine for nothing more", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    let asked = 0;
    const counted: Machine = {
      ...referenceMachine(),
      open: async (program) => {
        const session = await referenceMachine().open(program);
        const own = session.run.bind(session);
        session.run = (...work) => {
          asked++;
          return own(...work);
        };
        return session;
      },
    };
    let then = 0;
    const hooks: TrainerHooks = {
      signal: controller.signal,
      onStep: (step) => {
        if (step === 0 || controller.signal.aborted) return;
        then = asked;
        controller.abort(reason);
      },
    };
    await expect(trained(repeating, hooks, counted)).rejects.toBe(reason);
    expect(then).toBeGreaterThan(0);
    expect(asked).toBe(then);
    await expect(trained(endless, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test("other work of this thread has its turn", async () => {
    const controller = new AbortController();
    let turns = 0;
    const timer = setInterval(() => {
      turns++;
      if (turns === 3) controller.abort();
    }, 1);
    await expect(trained(repeating, { signal: controller.signal })).rejects.toThrow();
    clearInterval(timer);
    expect(turns).toBe(3);
  });

  test("whatever ends it, the machine's session is disposed of", async () => {
    const dispose = vi.fn();
    const watched: Machine = {
      ...referenceMachine(),
      open: async (program) => {
        const session = await referenceMachine().open(program);
        const own = session.dispose.bind(session);
        session.dispose = () => {
          dispose();
          own();
        };
        return session;
      },
    };
    await trained(endless, {}, watched);
    expect(dispose).toHaveBeenCalledTimes(1);
    await expect(trained(endless, { signal: AbortSignal.abort() }, watched)).rejects.toThrow();
    expect(dispose).toHaveBeenCalledTimes(2);
    const tooMany = { ...endless.inputs, weights: () => new Float64Array(1000) };
    await expect(trained({ ...endless, inputs: tooMany }, {}, watched)).rejects.toThrow(RangeError);
    expect(dispose).toHaveBeenCalledTimes(3);
  });

  test("an observer sees the state at the steps that it asks for, and changes nothing", async () => {
    const seen: number[] = [];
    const wanted = [0, 2, 3, 7, 9];
    const { trajectory, weights } = await trained(endless, {
      observer: {
        next: (step) => wanted.find((w) => w >= step) ?? Number.POSITIVE_INFINITY,
        look: async ({ step, epoch, weights: now }) => {
          seen.push(step);
          expect(epoch).toBe(Math.floor(step / 3));
          if (step === 0) expect(now[0]).toEqual(endless.inputs.weights(0));
          for (const values of now) values.fill(0);
        },
      },
    });
    const alone = await trained(endless);
    expect(seen).toEqual(wanted);
    expect(trajectory).toEqual(alone.trajectory);
    expect(weights).toEqual(alone.weights);
  });
});
