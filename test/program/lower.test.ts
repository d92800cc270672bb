import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Session } from "../../ts/backend/machine.js";
import { referenceMachine } from "../../ts/backend/reference.js";
import { flops } from "../../ts/program/flops.js";
import { JacobianPenalty } from "../../ts/program/jacobianPenalty.js";
import { lower } from "../../ts/program/lower.js";
import { lowerPlan } from "../../ts/program/lowerPlan.js";
import type { Op, Region } from "../../ts/program/ops.js";
import type { Plan } from "../../ts/program/workspace.js";
import { parametersOf } from "../../ts/train/parameters.js";
import { counting, writeSplit } from "../../ts/train/trainer.js";
import { type RandomRun, randomRun, randomSettings, type Setting } from "../support/randomRun.js";

/** A session on the reference machine with a run's first epoch in its buffers. */
async function opened({ plan, data, inputs }: RandomRun): Promise<Session> {
  const lowered = lower(plan);
  const session = await referenceMachine().open(lowered.program);
  writeSplit(session, "train", data.train, plan, data.outputs);
  if (data.test) writeSplit(session, "test", data.test, plan, data.outputs);
  for (const [buffer, { first, length }] of Object.entries(lowered.indices)) {
    session.write(buffer, counting(first, length));
  }
  const order = inputs.order(0);
  if (order) session.write("order", order);
  for (const g of plan.network.noise.keys()) {
    const noise = inputs.noise(g, 0);
    if (noise) session.write(`noise.${g}`, noise);
  }
  const weights = lowered.layers.map((_, l) => Float64Array.from(inputs.weights(l)));
  weights.forEach((values, l) => {
    session.write(`weights.${l}`, values);
  });
  parametersOf(plan.network, weights).niw.forEach((values, g) => {
    session.write(`start.niw.${g}`, values);
  });
  return session;
}

function regionsOf(op: Op): Region[] {
  return Object.values(op).filter(
    (value): value is Region => (value as Region)?.buffer !== undefined,
  );
}

const end = ({ offset, rows, cols, stride }: Region) => offset + (rows - 1) * stride + cols;

describe("every program", () => {
  test("stays within its buffers, and its matrices fit", () => {
    fc.assert(
      fc.property(randomSettings, (setting) => {
        const { plan: own } = randomRun(setting);
        const jacobian = setting.seed % 2;
        const plan = { ...own, jacobian, dropout: 0.3 };
        const { program } = lower(plan, jacobian > 0 ? JacobianPenalty : null);
        for (const { region } of program.fills) {
          expect(end(region)).toBeLessThanOrEqual(program.buffers[region.buffer].length);
        }
        for (const { ops, slots } of Object.values(program.lists)) {
          for (const op of ops) {
            for (const region of regionsOf(op)) {
              expect(region.cols).toBeLessThanOrEqual(region.stride);
              expect(end(region)).toBeLessThanOrEqual(program.buffers[region.buffer].length);
            }
            if ("slot" in op) expect(op.slot).toBeLessThan(slots);
            if (op.op === "gather") {
              const { source, index, into } = op;
              expect(program.buffers[source].length % into.cols).toBe(0);
              expect(program.buffers[index].type).toBe("index");
            }
            if (op.op === "product") {
              const [m, k] = op.transposeA ? [op.a.cols, op.a.rows] : [op.a.rows, op.a.cols];
              const [k2, n] = op.transposeB ? [op.b.cols, op.b.rows] : [op.b.rows, op.b.cols];
              expect([k2, m, n]).toEqual([k, op.c.rows, op.c.cols]);
            }
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  test("has buffers of the documented shapes", () => {
    fc.assert(
      fc.property(randomSettings, (setting) => {
        const { plan } = randomRun(setting);
        const { program, layers } = lower(plan);
        const { network, trainRows, testRows } = plan;
        const { buffers } = program;
        expect(buffers["train.inputs"]).toMatchObject({
          type: plan.inputType,
          length: trainRows * network.widths[0],
        });
        expect("test.inputs" in buffers).toBe(testRows > 0);
        expect(buffers.order).toMatchObject({ type: "index", length: trainRows });
        network.noise.forEach(({ nodes }, g) => {
          expect(buffers[`noise.${g}`].length).toBe(trainRows * nodes);
        });
        layers.forEach((_, l) => {
          const nodes = network.noise.filter(({ layer }) => layer === l);
          const columns =
            network.widths[l] + Number(network.bias) + nodes.reduce((n, g) => n + g.nodes, 0);
          expect(buffers[`weights.${l}`].length).toBe(network.widths[l + 1] * columns);
          expect(`velocity.${l}` in buffers).toBe(plan.momentum > 0);
        });
      }),
    );
  });
});

describe("a training step", () => {
  // Without kinks: a central difference across one is not the gradient.
  const smooth = randomSettings
    .map((s): Setting => ({ ...s, activation: s.activation === "relu" ? "tanh" : s.activation }))
    .map((s): Setting => ({ ...s, momentum: 0, weightDecay: 0 }));

  test("moves every weight by its learning rate times the loss' gradient, by central differences", async () => {
    await fc.assert(
      fc.asyncProperty(smooth, async (setting) => {
        const run = randomRun(setting);
        const session = await opened(run);
        const buffers = lower(run.plan).layers.map((_, l) => `weights.${l}`);
        const start = await Promise.all(buffers.map((buffer) => session.read(buffer)));
        const lossAt = async () => {
          const [loss] = await session.run("step", 0, 1);
          const moved = await Promise.all(buffers.map((buffer) => session.read(buffer)));
          buffers.forEach((buffer, l) => {
            session.write(buffer, start[l]);
          });
          return { loss, moved };
        };
        const { loss, moved } = await lossAt();
        // At h = 1e-5 a loss' rounding over h is some 1e-11 of it, the third derivative's part h^2 / 6 = 2e-11 of that
        // derivative, which four layers with noise of a few units bring to some thousands.
        const h = 1e-5;
        for (const [l, weights] of start.entries()) {
          for (const [i, w] of weights.entries()) {
            const beside = async (value: number) => {
              session.write(buffers[l], Float64Array.of(value), i);
              return (await lossAt()).loss;
            };
            const slope = ((await beside(w + h)) - (await beside(w - h))) / (2 * h);
            const gradient = (w - moved[l][i]) / run.plan.learningRate;
            const bound = 1e-6 * Math.max(1, Math.abs(loss), Math.abs(slope));
            expect(Math.abs(gradient - slope), `weights.${l}[${i}]`).toBeLessThan(bound);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  test("tells the numbers before it, which `norms` tells too", async () => {
    await fc.assert(
      fc.asyncProperty(randomSettings, async (setting) => {
        const run = randomRun(setting);
        const session = await opened(run);
        const { stepSlots } = lower(run.plan);
        const norms = await session.run("norms", 0, 1);
        const step = await session.run("step", 0, 1);
        for (const slot of [
          ...stepSlots.niwSquares,
          ...stepSlots.niwOverlaps,
          ...Object.values(stepSlots.linear ?? {}),
        ] as number[]) {
          expect(step[slot]).toBe(norms[slot]);
        }
        expect(norms.length).toBe(step.length);
        expect(norms.slice(1).every((value) => value >= 0)).toBe(true);
        // Nothing has moved yet.
        stepSlots.niwOverlaps.forEach((slot, g) => {
          expect(norms[slot]).toBe(norms[stepSlots.niwSquares[g]]);
        });
      }),
    );
  });

  test("costs three products of each layer's size, but for the first layer's two", () => {
    const { plan } = randomRun({ ...five, momentum: 0 });
    const { program } = lower(plan);
    const [first, second] = [4 * 6 * (5 + 1 + 2), 4 * 3 * 7];
    // Forward and weight gradient take all columns, going back takes those of the activations, the dose those of the noise.
    const dose = 4 * 6 * 2;
    expect(flops(program.lists.step.ops)).toBe(2 * (2 * first + 2 * second + 4 * 3 * 6 + dose));
  });

  test("costs three more of the activations' part with the penalty on the Jacobian, but for the last layer's two", async () => {
    const plain = randomRun(five).plan;
    const cost = async (plan: Plan) => flops((await lowerPlan(plan)).program.lists.step.ops);
    const more = async (plan: Plan) =>
      (await cost({ ...plan, jacobian: 0.1 })) - (await cost(plan));
    const [first, second] = [4 * 6 * 5, 4 * 3 * 6];
    expect(await more(plain)).toBe(2 * (3 * first + 2 * second));
    // A smooth network's noise weights have another gradient than the loss': a second way back.
    const smooth = { ...plain, network: { ...plain.network, activation: "tanh" as const } };
    expect(await more(smooth)).toBe(2 * (3 * first + 3 * second));
    const quiet = { ...smooth, network: { ...smooth.network, noise: [] } };
    expect(await more(quiet)).toBe(2 * (3 * first + 2 * second));
  });
});

const five: Setting = {
  seed: 5,
  hidden: [6],
  inputs: 5,
  outputs: 3,
  activation: "relu",
  task: "classes",
  bias: true,
  ntk: false,
  bytes: false,
  noise: [{ layer: 0, nodes: 2, sigma: 1.5, fixed: false }],
  rows: 12,
  testRows: 0,
  evaluateRows: 12,
  batch: 4,
  momentum: 0.6,
  weightDecay: 0.05,
  steps: 3,
  dense: 3,
  every: 1,
  evaluateEvery: 1,
  evaluateEarly: 0,
};

describe("an ensemble", () => {
  test("is its runs, bit for bit, each with its own sigmas and weights", async () => {
    const run = randomRun({ ...five, noise: [...five.noise, { ...five.noise[0], layer: 1 }] });
    const ensemble = [
      [0.2, 3],
      [0, 0],
      [1.7, 0.4],
    ];
    const plan: Plan = { ...run.plan, ensemble };
    const together = await referenceMachine().open(lower(plan).program);
    const write = (session: Session, replicas: number) => {
      writeSplit(session, "train", run.data.train, plan, run.data.outputs);
      session.write("order", run.order(0) as Uint32Array);
      session.write("noise.0", Float64Array.from(run.noise(0, 0)));
      session.write("noise.1", Float64Array.from(run.noise(1, 0)));
      return replicas;
    };
    write(together, 3);
    const weights = (l: number, replica: number) =>
      Float64Array.from(run.inputs.weights(l)).map((w) => w * (1 + replica / 4));
    for (const l of [0, 1]) {
      const own = [0, 1, 2].flatMap((replica) => [...weights(l, replica)]);
      together.write(`weights.${l}`, Float64Array.from(own));
    }
    const trace = await together.run("step", 0, 3);
    const slots = trace.length / 9;
    for (const [replica, sigmas] of ensemble.entries()) {
      const { network } = run.plan;
      const noise = network.noise.map((group, g) => ({ ...group, sigma: sigmas[g] }));
      const alone = await referenceMachine().open(
        lower({ ...run.plan, network: { ...network, noise } }).program,
      );
      write(alone, 1);
      for (const l of [0, 1]) alone.write(`weights.${l}`, weights(l, replica));
      const own = await alone.run("step", 0, 3);
      for (let k = 0; k < 3; k++) {
        const at = (3 * k + replica) * slots;
        expect(trace.slice(at, at + slots)).toEqual(own.slice(k * slots, (k + 1) * slots));
      }
      for (const l of [0, 1]) {
        const end = await alone.read(`weights.${l}`);
        const all = await together.read(`weights.${l}`);
        expect(all.slice(replica * end.length, (replica + 1) * end.length)).toEqual(end);
      }
    }
  });
});

describe("noise", () => {
  test("changes nothing in an evaluation, whatever it is", async () => {
    await fc.assert(
      fc.asyncProperty(randomSettings, async (setting) => {
        const run = randomRun(setting);
        const session = await opened(run);
        const lists = [...lower(run.plan).evaluateTrain, ...lower(run.plan).evaluateTest];
        const evaluate = async () => {
          const traces = [];
          for (const { list, passes } of lists) traces.push(await session.run(list, 0, passes));
          return traces;
        };
        const before = await evaluate();
        if (run.plan.network.noise.length > 0) await session.run("noiseResponse", 0, 1);
        for (const [g, { nodes }] of run.plan.network.noise.entries()) {
          session.write(`noise.${g}`, new Float64Array(run.plan.trainRows * nodes).fill(1e9));
        }
        expect(await evaluate()).toEqual(before);
      }),
    );
  });

  test("of deviation 0 leaves its weights where they are", async () => {
    const run = randomRun({ ...five, momentum: 0, weightDecay: 0 });
    const noise = [{ ...run.plan.network.noise[0], sigma: 0 }];
    const silent = { ...run, plan: { ...run.plan, network: { ...run.plan.network, noise } } };
    const session = await opened(silent);
    const before = await session.read("weights.0");
    await session.run("step", 0, 3);
    const after = await session.read("weights.0");
    const isNoise = (i: number) => i % 8 >= 6;
    expect(after.filter((_, i) => isNoise(i))).toEqual(before.filter((_, i) => isNoise(i)));
    expect(after).not.toEqual(before);
  });
});
