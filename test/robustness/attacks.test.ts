import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { referenceMachine } from "../../ts/backend/reference.js";
import { wasmMachine } from "../../ts/backend/wasm.js";
import { loadKernels } from "../../ts/kernels/node/load.js";
import { Streams } from "../../ts/random/streams.js";
import {
  ATTACK_NAMES,
  type AttackName,
  type AttackOutcome,
  attack,
} from "../../ts/robustness/attacks/attacks.js";
import { inBall } from "../../ts/robustness/attacks/ball.js";
import { areCorrect } from "../../ts/robustness/attacks/margin.js";
import { PIXELS } from "../../ts/robustness/corruptions/image.js";
import { type LabelledImages, labelledImages } from "../../ts/robustness/images.js";
import type { Model } from "../../ts/robustness/model.js";
import { ModelSession } from "../../ts/robustness/modelSession.js";
import { uniforms } from "./draws.js";
import { shapes, trainedOn } from "./shapes.js";

const kernels = await loadKernels();
const streams = new Streams(kernels, 3);
const SETTINGS = { steps: 20, restarts: 2, queries: 300 };

/** Doubles next to 1 are 2^-53 apart, and so may be what a bound is computed to. */
const ROUNDING = 2 ** -52;

describe("the ball", () => {
  test("holds what is clipped into it, to the last bit", () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    const any = fc.double({ min: -2, max: 3, noNaN: true });
    fc.assert(
      fc.property(unit.map(Math.fround), unit, any, (original, epsilon, value) => {
        const found = inBall(original, epsilon, value);
        expect(Math.fround(found)).toBe(found);
        expect(found).toBeGreaterThanOrEqual(Math.max(0, original - epsilon));
        expect(found).toBeLessThanOrEqual(Math.min(1, original + epsilon));
        if (Math.abs(value - original) < epsilon && value > 0 && value < 1) {
          expect(Math.abs(found - value)).toBeLessThanOrEqual(2 ** -24);
        }
      }),
      { numRuns: 5000 },
    );
  });
});

describe("on an undefended network", () => {
  let session: ModelSession;
  let target: LabelledImages;
  const attacked = (name: AttackName, epsilon: number): Promise<AttackOutcome> => {
    const { images, labels } = target;
    return attack(name, session, images, labels, { ...SETTINGS, epsilon }, streams);
  };
  const accuracy = ({ correct }: AttackOutcome) => correct.filter(Boolean).length / correct.length;

  beforeAll(async () => {
    const dataset = shapes(200, 80);
    const model = await trainedOn(dataset, kernels);
    target = labelledImages(dataset, dataset.test, 80, "data");
    session = await ModelSession.open(wasmMachine(kernels), model, 80);
  });
  afterAll(() => session.dispose());

  test.each(ATTACK_NAMES)(
    "%s never leaves its ball and [0, 1], and its images do fool",
    async (name) => {
      for (const epsilon of [0.003, 0.11, 0.3, 1]) {
        const { fooling } = await attacked(name, epsilon);
        for (const [number, image] of fooling) {
          const original = target.images.subarray(number * PIXELS, (number + 1) * PIXELS);
          let farthest = 0;
          for (let i = 0; i < PIXELS; i++) {
            farthest = Math.max(farthest, Math.abs(image[i] - original[i]));
          }
          expect(farthest).toBeLessThanOrEqual(epsilon + ROUNDING);
          expect(image.findIndex((value) => !(value >= 0 && value <= 1))).toBe(-1);
          const label = target.labels.subarray(number, number + 1);
          expect(areCorrect(await session.logits(image), session.outputs, label)).toEqual([false]);
        }
      }
    },
  );

  test("accuracy falls with epsilon, to zero: no gradient is masked", async () => {
    const epsilons = [0, 0.02, 0.05, 0.1, 0.2, 0.4];
    const found: Record<string, number[]> = {};
    for (const name of ATTACK_NAMES) {
      found[name] = [];
      for (const epsilon of epsilons) found[name].push(accuracy(await attacked(name, epsilon)));
      for (let i = 1; i < epsilons.length; i++) {
        expect(found[name][i], `${name} at ${epsilons[i]}`).toBeLessThanOrEqual(found[name][i - 1]);
      }
    }
    const last = epsilons.length - 1;
    expect(found.pgd[0]).toBeGreaterThan(0.95);
    expect([found.pgd[last], found.square[last]]).toEqual([0, 0]);
    // Whoever sees the gradients is stronger than one step along them, and than who does not see them.
    for (const [i, pgd] of found.pgd.entries()) {
      expect(pgd).toBeLessThanOrEqual(Math.min(found.fgsm[i], found.square[i]));
    }
    expect(found.pgd[2]).toBeLessThan(found.pgd[0]);
  });

  test("the same seed gives the same images; a sample's do not depend on the others", async () => {
    const { images, labels } = target;
    for (const name of ATTACK_NAMES) {
      const [one, again] = [await attacked(name, 0.08), await attacked(name, 0.08)];
      expect([...again.fooling]).toEqual([...one.fooling]);
      const settings = { ...SETTINGS, epsilon: 0.08 };
      const some = await attack(
        ...([name, session, images.subarray(0, 30 * PIXELS), labels.subarray(0, 30)] as const),
        ...([settings, streams] as const),
      );
      expect(some.correct).toEqual(one.correct.slice(0, 30));
    }
  });
});

test("pgd and fgsm find the worst image of a linear network, whose margin is known", async () => {
  const classes = 2;
  const samples = 60;
  const weights = Float64Array.from(uniforms(classes * PIXELS, 21), (u) => (u - 0.5) / 10);
  const model: Model = {
    network: {
      widths: [PIXELS, classes],
      activation: "linear",
      loss: "cross-entropy",
      bias: true,
      factors: [1],
      noise: [],
    },
    parameters: { weights: [weights], biases: [new Float64Array(classes)] },
    scale: 1,
    shift: 0,
  };
  // Far enough from 0 and 1 that only the ball limits the attack.
  const images = Float32Array.from(uniforms(samples * PIXELS, 22), (u) => 0.4 + 0.2 * u);
  const session = await ModelSession.open(referenceMachine(), model, samples);
  try {
    const outputs = await session.logits(images);
    const labels = Uint32Array.from({ length: samples }, (_, i) =>
      outputs[2 * i + 1] > outputs[2 * i] ? 1 : 0,
    );
    let slope = 0;
    for (let i = 0; i < PIXELS; i++) slope += Math.abs(weights[PIXELS + i] - weights[i]);
    const margin = (i: number) => Math.abs(outputs[2 * i + 1] - outputs[2 * i]);
    const sorted = [...labels.keys()].map((i) => margin(i) / slope).sort((a, b) => a - b);
    // Between two samples' own limits, so that rounding decides nothing.
    const epsilon = (sorted[30] + sorted[31]) / 2;
    const expected = [...labels.keys()].map((i) => margin(i) / slope > epsilon);
    for (const name of ["fgsm", "pgd"] as const) {
      const settings = { ...SETTINGS, epsilon };
      const { correct } = await attack(name, session, images, labels, settings, streams);
      expect(correct).toEqual(expected);
    }
  } finally {
    session.dispose();
  }
});
