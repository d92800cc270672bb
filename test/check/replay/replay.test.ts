import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { referenceMachine } from "../../../ts/backend/reference.js";
import { wasmMachine } from "../../../ts/backend/wasm.js";
import { type Replay, readReplay, replayOn } from "../../../ts/check/replay.js";
import { readNpz } from "../../../ts/data/npz.js";
import { loadKernels } from "../../../ts/kernels/node/load.js";
import { layouts } from "../../../ts/program/network.js";
import type { Activation } from "../../../ts/program/ops.js";
import { Streams } from "../../../ts/random/streams.js";
import { roundingBounds, seriesOf } from "./bounds.js";

const FOLDER = "test/check/replay/fixtures";
const cases = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".npz"))
  .map((name) => [name.replace(".npz", ""), readFileSync(`${FOLDER}/${name}`)] as const);

/** What PyTorch found, under the names of `seriesOf`. */
function found(bytes: Uint8Array): Map<string, ArrayLike<number>> {
  const arrays = readNpz(bytes, "case");
  const names = [...arrays.keys()].flatMap((name): [string, string][] => {
    const final = /^([Wb])1_(\d+)$/.exec(name);
    return final ? [[`${final[1]}_${final[2]}`, name]] : [];
  });
  const renamed = [
    ["loss", "loss"],
    ["niwNorm", "niw_norm"],
    ["unperturbedLoss", "clean_loss"],
    ["V", "V1"],
    ...names,
  ];
  return new Map(
    renamed.flatMap(([own, theirs]): [string, ArrayLike<number>][] => {
      const values = arrays.get(theirs)?.values;
      return values ? [[own, values]] : [];
    }),
  );
}

/** Largest difference relative to the value, or to a thousandth of the series' largest where that is more. */
function relativeError(ours: ArrayLike<number>, theirs: ArrayLike<number>): number {
  const size = Math.max(...Array.from(theirs, Math.abs).filter(Number.isFinite));
  let worst = 0;
  for (let i = 0; i < theirs.length; i++) {
    // Beyond the range of numbers infinities may come a step sooner or later, in another order of the sums.
    if (Math.abs(theirs[i]) < 1e150) {
      worst = Math.max(
        worst,
        Math.abs(ours[i] - theirs[i]) / Math.max(Math.abs(theirs[i]), 1e-3 * size),
      );
    }
  }
  return worst;
}

describe("a run of PyTorch's, in float64, repeated number by number", () => {
  test("there are cases of every kind", () => {
    const metas = cases.map(([, bytes]) => readReplay(bytes, "case"));
    const has = (of: (r: Replay) => unknown) => new Set(metas.map(of));
    expect(has(({ plan }) => plan.network.activation).size).toBe(4);
    expect(has(({ plan }) => plan.network.loss).size).toBe(2);
    expect(has(({ plan }) => plan.network.noise[0].layer).size).toBeGreaterThan(1);
    expect(has(({ plan }) => plan.momentum > 0)).toEqual(new Set([true, false]));
    expect(has(({ plan }) => plan.weightDecay > 0)).toEqual(new Set([true, false]));
    expect(has(({ plan }) => plan.trainRows % plan.batch > 0)).toEqual(new Set([true, false]));
  });

  test.each(cases)("%s: the reference machine to 1e-10", async (_, bytes) => {
    const given = readReplay(bytes, "case");
    const ours = seriesOf(await replayOn(referenceMachine(), given));
    // A run that diverges is followed to its end all the same.
    expect(ours.get("loss")!.length).toBe(given.schedule.steps);
    expect(ours.get("unperturbedLoss")!.length).toBe(
      given.schedule.steps / given.schedule.stepsPerEpoch,
    );
    for (const [name, theirs] of found(bytes)) {
      if (!/loss|norm/i.test(name)) expect(ours.get(name)!.length, name).toBe(theirs.length);
      expect(theirs.length, name).toBeGreaterThan(0);
      expect(relativeError(ours.get(name)!, theirs), name).toBeLessThan(1e-10);
    }
  });

  for (const fast of [false, true]) {
    test.each(cases)(
      `%s: the CPU machine${fast ? ", fused," : ""} within float32's bounds`,
      async (_, bytes) => {
        const given = readReplay(bytes, "case");
        const machine = wasmMachine(await loadKernels({ fast }));
        const ours = seriesOf(await replayOn(machine, given));
        const bounds = await roundingBounds(given);
        expect(machine.flavour).toBe(fast ? "relaxed" : "baseline");
        for (const [name, theirs] of found(bytes)) {
          const bound = bounds.get(name)!;
          for (let i = 0; i < theirs.length; i++) {
            if (!(Math.abs(theirs[i]) < 1e30)) continue;
            const error = Math.abs(ours.get(name)![i] - theirs[i]);
            expect(error, `${name}[${i}] = ${theirs[i]}`).toBeLessThanOrEqual(bound[i]);
          }
        }
      },
    );
  }
});

describe("any other run", () => {
  const settings = fc.record({
    seed: fc.nat(),
    layers: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 3 }),
    activation: fc.constantFrom("relu", "tanh", "gelu", "linear"),
    loss: fc.constantFrom("cross-entropy", "mse"),
    at: fc.nat(2),
    nodes: fc.integer({ min: 1, max: 4 }),
    sigma: fc.double({ min: 0.1, max: 8, noNaN: true }),
    learningRate: fc.double({ min: 0.01, max: 0.2, noNaN: true }),
    batch: fc.integer({ min: 1, max: 24 }),
    momentum: fc.constantFrom(0, 0.5),
    weightDecay: fc.constantFrom(0, 0.01),
  });

  test("is within float32's bounds on the CPU machine", async () => {
    const kernels = await loadKernels();
    await fc.assert(
      fc.asyncProperty(settings, async (setting) => {
        const given = randomReplay(new Streams(kernels, setting.seed % 2 ** 32), setting);
        const exact = seriesOf(await replayOn(referenceMachine(), given));
        const ours = seriesOf(await replayOn(wasmMachine(kernels), given));
        const bounds = await roundingBounds(given);
        for (const [name, values] of exact) {
          for (const [i, value] of values.entries()) {
            if (!(Math.abs(value) < 1e30)) continue;
            const error = Math.abs(ours.get(name)![i] - value);
            expect(error, `${name}[${i}] = ${value}`).toBeLessThanOrEqual(bounds.get(name)![i]);
          }
        }
      }),
      { numRuns: 25, seed: 1 },
    );
  });
});

/** A run of a random network on random data, four epochs long. */
function randomReplay(
  streams: Streams,
  setting: {
    layers: number[];
    activation: Activation;
    loss: "cross-entropy" | "mse";
    at: number;
    nodes: number;
    sigma: number;
    learningRate: number;
    batch: number;
    momentum: number;
    weightDecay: number;
  },
): Replay {
  const { layers, nodes, sigma, batch, loss, ...rest } = setting;
  const samples = 24;
  const widths = [layers[0] + 2, ...layers, 3];
  const network = {
    widths,
    activation: rest.activation,
    loss,
    bias: true,
    factors: widths.slice(1).map(() => 1),
    noise: [{ layer: Math.min(rest.at, layers.length), nodes, sigma }],
  };
  const stepsPerEpoch = Math.floor(samples / batch);
  const normal = (name: "data" | "labels", cols: number) =>
    streams.draw(name, 0, "normal", 0, samples, cols);
  const classes = loss === "cross-entropy";
  return {
    plan: {
      network,
      learningRate: rest.learningRate,
      momentum: rest.momentum,
      weightDecay: rest.weightDecay,
      batch,
      trainRows: samples,
      testRows: 0,
      evaluateRows: samples,
      classes,
      inputType: "float",
      inputScale: 1,
      inputShift: 0,
    },
    data: {
      name: "random",
      task: classes ? "classification" : "regression",
      inputs: widths[0],
      outputs: 3,
      scale: 1,
      shift: 0,
      train: {
        rows: samples,
        inputs: normal("data", widths[0]),
        targets: classes
          ? streams.words("labels", 0, 0, samples, 1).map((word) => word % 3)
          : normal("labels", 3),
      },
      test: null,
    },
    inputs: {
      weights: (l) => {
        const { outputs, columns } = layouts(network)[l];
        const scale = Math.sqrt(1 / widths[l]);
        return streams.draw("weights", l, "normal", 0, outputs, columns).map((w) => w * scale);
      },
      order: (epoch) => streams.permutation("order", 0, epoch, samples),
      noise: (g, epoch) => streams.draw("noise", g, "normal", epoch, samples, nodes),
    },
    schedule: {
      stepsPerEpoch,
      steps: 4 * stepsPerEpoch,
      dense: Number.POSITIVE_INFINITY,
      every: 1,
      evaluateEvery: 1,
      evaluateEarly: 0,
      stop: {},
      endsWhenDiverged: false,
    },
  };
}
