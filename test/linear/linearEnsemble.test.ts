import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Progress } from "../../ts/async/progress.js";
import { dawn } from "../../ts/backend/node/dawn.js";
import { linearExperiment } from "../../ts/experiment/presets.js";
import type { Experiment } from "../../ts/experiment/schema.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import {
  type EnsembleOptions,
  type EnsembleSpec,
  type LinearCell,
  runLinearEnsemble,
} from "../../ts/linear/linearEnsemble.js";
import { linearNetworkCells } from "../../ts/linear/linearNetwork.js";
import { linearRun } from "../../ts/linear/linearRun.js";
import { linearStart } from "../../ts/linear/linearStart.js";
import { Streams } from "../../ts/random/streams.js";
import { type LinearMoments, lambda, loss, momentsOf, step } from "../../ts/theory/linear.js";
import { testGpu } from "../gpu.js";

const baseline = await loadKernels();
const relaxed = await loadKernels({ fast: true });

const MODEL = { width: 30, samples: 40, learningRate: 0.05, steps: 150, sigma: 1, seed: 0 };
const ETA = MODEL.learningRate;

/** What a cell says of its run, without the verdict. */
function numbers({ evidence, phase: _, ...rest }: LinearCell) {
  return { ...rest, niwMax: evidence.niwMax };
}

/** A cell by the recursion in TypeScript, from the same unit noise and with `sigma` put in as the kernel does. */
function expected(
  experiment: Experiment,
  sigma: number,
  learningRate: number,
  seed: number,
): ReturnType<typeof numbers> {
  const streams = new Streams(baseline, seed);
  const { state: start, alpha, x, y, slopes } = linearStart(experiment, streams);
  const { distribution, mode } = experiment.noise[0];
  const losses: number[] = [];
  let effectiveMax = 0;
  let made = 0;
  let state = start;
  for (let t = 0; t < MODEL.steps; t++) {
    const epoch = mode === "fresh" ? t : 0;
    const xi = streams.draw("noise", 0, distribution, epoch, y.length, 1);
    const u = Float64Array.from({ length: 2 * y.length }, (_, i) => (i % 2 ? xi : x)[i >> 1]);
    const { S, q, rr, target } = momentsOf(u, y, Float64Array.of(slopes[0], 0));
    const moments: LinearMoments = {
      S: Float64Array.of(S[0], sigma * S[1], sigma * S[2], sigma * sigma * S[3]),
      q: Float64Array.of(q[0], sigma * q[1]),
      rr,
      target,
    };
    losses.push(loss(state, moments, alpha));
    effectiveMax = Math.max(effectiveMax, Math.abs(state.v[1]));
    if (!(losses[t] <= 1e100)) break;
    state = step(state, moments, learningRate, alpha);
    made++;
  }
  return {
    sigma,
    learningRate,
    seed,
    kappa: learningRate * sigma ** 2 * lambda(start, 1, alpha),
    lossStart: losses[0],
    lossMax: Math.max(...losses),
    lossEnd: losses[losses.length - 1],
    niwStart: Math.sqrt(start.G[3]),
    niwEnd: Math.sqrt(state.G[3]),
    effectiveNiwStart: alpha * start.v[1],
    effectiveNiwEnd: alpha * state.v[1],
    niwMax: alpha * effectiveMax,
    steps: made,
  };
}

/** Float32 cells beside float64 ones. */
async function nearInFloat32(
  options: Partial<EnsembleSpec>,
  hooks: EnsembleOptions,
): Promise<void> {
  const experiment = linearExperiment({ ...MODEL, steps: 400 });
  const sigmas = Array.from({ length: 203 }, (_, i) => 0.05 * 1.03 ** i);
  const spec = { experiment, sigmas, learningRates: [0.02, ETA], seeds: [0, 1, 2] };
  const double = await runLinearEnsemble(spec, { kernels: baseline });
  const single = await runLinearEnsemble({ ...spec, ...options }, { kernels: baseline, ...hooks });
  expect(single.map(({ phase }) => phase)).toEqual(double.map(({ phase }) => phase));
  // An update rounds each number of its state some ten times; where nothing grows, that adds up at most. A catapult
  // multiplies what was rounded before it as it does the state.
  const bound = 10 * 400 * 2 ** -24;
  for (const [i, { phase, niwEnd, lossMax, lossEnd, ...cell }] of double.entries()) {
    if (phase === "divergent") continue;
    const growth = Math.max(1, lossMax / cell.lossStart);
    const near = (a: number, b: number, unit: number) =>
      expect(Math.abs(a - b), `${phase}, sigma ${cell.sigma}`).toBeLessThan(bound * growth * unit);
    near(single[i].niwEnd, niwEnd, cell.niwStart);
    near(single[i].lossMax, lossMax, lossMax);
    near(single[i].lossEnd, lossEnd, lossMax);
    expect(single[i].steps).toBe(cell.steps);
  }
  expect(new Set(double.map(({ phase }) => phase)).size).toBe(4);
}

const gpu = await testGpu();

describe.skipIf("none" in gpu)("in a GPU's threads", () => {
  const hooks = { backend: "webgpu", gpu: { source: dawn } } as const;

  test("the same phases are found, and states as near as float32 is", async () => {
    await nearInFloat32({}, hooks);
  });

  test("fixed noise, and a run that goes to the device more than once", async () => {
    const steps = 5000;
    const experiment = linearExperiment({ ...MODEL, samples: 10, steps, mode: "fixed" });
    const spec = { experiment, sigmas: [0.3, 1, 30], learningRates: [0.01], seeds: [0] };
    const told: number[] = [];
    const onProgress = ({ done }: Progress) => told.push(done);
    const cells = await runLinearEnsemble(spec, { kernels: baseline, ...hooks, onProgress });
    const exact = await runLinearEnsemble(spec, { kernels: baseline });
    expect(told.length).toBe(2);
    expect(cells.map(({ phase }) => phase)).toEqual(exact.map(({ phase }) => phase));
    expect(cells.map(({ steps }) => steps)).toEqual([steps, steps, cells[2].steps]);
    expect(cells[2].steps).toBeLessThan(100);
  });
});

test("where a GPU is asked for and there is none, the reason is told", async () => {
  const spec = {
    experiment: linearExperiment(MODEL),
    sigmas: [1],
    learningRates: [ETA],
    seeds: [0],
  };
  const none = { backend: "webgpu", gpu: { source: async () => undefined } } as const;
  await expect(runLinearEnsemble(spec, { kernels: baseline, ...none })).rejects.toThrow(
    "there is no WebGPU here",
  );
});

describe.each([
  ["baseline", baseline],
  ["relaxed", relaxed],
])("the %s kernel", (_, kernels) => {
  test.each([
    ["fresh", "normal"],
    ["fixed", "normal"],
    ["fresh", "rademacher"],
  ] as const)("gives the bits of the recursion: %s %s noise", async (mode, distribution) => {
    const experiment = linearExperiment({ ...MODEL, mode, distribution });
    // Seven cells: an odd one, a diverging neighbour of one that does not, and two that diverge together.
    const sigmas = [0, 0.3, 3, 4.8, 20, 7, 8];
    const cells = await runLinearEnsemble(
      {
        experiment,
        sigmas,
        learningRates: [ETA],
        seeds: [3, 8],
      },
      { kernels },
    );
    expect(cells.map(({ seed, sigma }) => [seed, sigma])).toEqual(
      [3, 8].flatMap((seed) => sigmas.map((sigma) => [seed, sigma])),
    );
    for (const cell of cells) {
      expect(numbers(cell)).toEqual(expected(experiment, cell.sigma, ETA, cell.seed));
    }
    const lengths = cells.map(({ steps }) => steps);
    expect(Math.max(...lengths)).toBe(MODEL.steps);
    expect(Math.min(...lengths)).toBeLessThan(20);
  });
});

describe("an ensemble", () => {
  test("gives a cell the same numbers whoever its neighbours are", async () => {
    const experiment = linearExperiment(MODEL);
    const points = fc.array(fc.double({ min: 0, max: 12, noNaN: true }), {
      minLength: 1,
      maxLength: 6,
    });
    const run = (sigmas: number[]) =>
      runLinearEnsemble(
        { experiment, sigmas, learningRates: [ETA], seeds: [5] },
        { kernels: baseline },
      );
    await fc.assert(
      fc.asyncProperty(points, async (sigmas) => {
        const together = await run(sigmas);
        for (const [i, sigma] of sigmas.entries()) {
          const [alone] = await run([sigma]);
          expect(together[i]).toEqual(alone);
        }
      }),
      { numRuns: 20 },
    );
  });

  test("so many cells that a chunk of steps gets shorter changes nothing", async () => {
    const experiment = linearExperiment({ ...MODEL, steps: 20 });
    const many = Array.from({ length: 150_000 }, (_, i) => 1 + i * 1e-5);
    let chunks = 0;
    const spec = { experiment, learningRates: [ETA], seeds: [2] };
    const cells = await runLinearEnsemble(
      { ...spec, sigmas: many },
      {
        kernels: baseline,
        onProgress: () => {
          chunks++;
        },
      },
    );
    expect(chunks).toBeGreaterThan(1);
    const [alone] = await runLinearEnsemble(
      { ...spec, sigmas: [many[77_777]] },
      { kernels: baseline },
    );
    expect(cells[77_777]).toEqual(alone);
  });

  test("covers learning rates as well as sigmas", async () => {
    const experiment = linearExperiment(MODEL);
    const [sigmas, learningRates] = [
      [0.5, 4],
      [0.02, 0.05, 0.3],
    ];
    const cells = await runLinearEnsemble(
      {
        experiment,
        sigmas,
        learningRates,
        seeds: [1],
      },
      { kernels: baseline },
    );
    expect(cells).toHaveLength(6);
    for (const cell of cells) {
      expect(numbers(cell)).toEqual(expected(experiment, cell.sigma, cell.learningRate, 1));
    }
  });

  test("in float32 finds the same phases, and states as near as its roundings", async () => {
    await nearInFloat32({ precision: "float32" }, {});
  });

  test("tells its progress, and stops when asked to", async () => {
    const experiment = linearExperiment(MODEL);
    const spec = { experiment, sigmas: [1], learningRates: [ETA], seeds: [0, 1, 2] };
    const told: number[] = [];
    await runLinearEnsemble(spec, {
      kernels: baseline,
      onProgress: ({ done, total }) => told.push(done / total),
    });
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.at(-1)).toBe(1);

    const controller = new AbortController();
    let calls = 0;
    const stopped = runLinearEnsemble(spec, {
      kernels: baseline,
      signal: controller.signal,
      onProgress: () => {
        calls++;
        controller.abort();
      },
    });
    await expect(stopped).rejects.toThrow("abort");
    expect(calls).toBe(1);
  });

  test("is not for several noise nodes", async () => {
    const experiment = linearExperiment(MODEL);
    const two = { ...experiment, noise: [{ ...experiment.noise[0], nodes: 2 }] };
    const spec = { experiment: two, sigmas: [1], learningRates: [ETA], seeds: [0] };
    await expect(runLinearEnsemble(spec, { kernels: baseline })).rejects.toThrow("one noise node");
  });
});

describe("a cell, its trajectory and the network itself", () => {
  // All in float64 from the same float32 draws; they differ by rounding, which a catapult magnifies.
  test.each(["fresh", "fixed"] as const)("are one run: %s noise", async (mode) => {
    const experiment = linearExperiment({ ...MODEL, steps: 80, mode });
    const sigmas = [0.5, 3, 5];
    const spec = { experiment, sigmas, learningRates: [ETA], seeds: [4] };
    const cells = await runLinearEnsemble(spec, { kernels: baseline });
    const networks = await linearNetworkCells(spec, { kernels: baseline, backend: "reference" });
    const close = (a: number, b: number) => expect(Math.abs(a / b - 1)).toBeLessThan(1e-9);
    for (const [i, cell] of cells.entries()) {
      const run = linearRun(
        linearExperiment({ ...MODEL, steps: 80, mode, sigma: cell.sigma, seed: 4 }),
        new Streams(baseline, 4),
      );
      close(run.loss[0], cell.lossStart);
      close(run.loss[79], cell.lossEnd);
      close(Math.max(...run.loss), cell.lossMax);
      close(run.kappa[0], cell.kappa);
      close(run.niwNorm[0], cell.niwStart);
      close(run.effectiveNiw[0], Math.abs(cell.effectiveNiwStart));
      for (const key of ["kappa", "lossStart", "lossMax", "lossEnd", "niwStart", "niwEnd"] as const)
        close(networks[i][key], cell[key]);
      close(networks[i].effectiveNiwStart, cell.effectiveNiwStart);
      close(networks[i].effectiveNiwEnd, cell.effectiveNiwEnd);
      expect(networks[i].phase).toBe(cell.phase);
      expect(networks[i].steps).toBe(cell.steps);
    }
  });
});

describe("the phase diagram (theory, section 3)", () => {
  const setting = { width: 100, samples: 200, learningRate: 0.05, steps: 2000, sigma: 1, seed: 0 };
  const seeds = Array.from({ length: 20 }, (_, seed) => seed);

  const known = new Map<number, Promise<LinearCell[]>>();
  const at = (kappa: number): Promise<LinearCell[]> => {
    if (!known.has(kappa)) known.set(kappa, cellsAt(kappa));
    return known.get(kappa)!;
  };

  /** One cell a seed, at the sigma that makes `kappa` so. */
  async function cellsAt(kappa: number): Promise<LinearCell[]> {
    const cells = seeds.map(async (seed) => {
      const experiment = linearExperiment({ ...setting, seed });
      const { state, alpha } = linearStart(experiment, new Streams(baseline, seed));
      const sigma = Math.sqrt(kappa / (setting.learningRate * lambda(state, 1, alpha)));
      const [cell] = await runLinearEnsemble(
        {
          experiment,
          sigmas: [sigma],
          learningRates: [setting.learningRate],
          seeds: [seed],
        },
        { kernels: baseline },
      );
      expect(cell.kappa).toBeCloseTo(kappa, 12);
      return cell;
    });
    return Promise.all(cells);
  }

  /** Peaks of the loss over its start, in order. */
  const peaks = (cells: LinearCell[]) =>
    cells.map(({ lossMax, lossStart }) => lossMax / lossStart).sort((a, b) => a - b);

  // A float64 weight of about 10 comes to rest some units in the last place from its target, 1e-15 in the output.
  const RETURNED = 1e-29;

  test.each([0.98, 1.74])("at kappa %d the loss stays below its start", async (kappa) => {
    for (const cell of await at(kappa)) {
      expect(cell.lossMax / cell.lossStart).toBeLessThan(1.1);
      expect(cell.lossEnd).toBeLessThan(RETURNED);
    }
  });

  // How high it peaks depends on how far the start is from the effective noise weight's mean square: seeds
  // spread over two decades. The theory's reference run (9, over 100, over 500 times) lies inside.
  test.each([
    [2.1, 9],
    [2.5, 100],
    [3.4, 500],
  ])(
    "at kappa %d the loss overshoots, up to more than %d times, and returns",
    async (kappa, peak) => {
      const cells = await at(kappa);
      const ordered = peaks(cells);
      expect(ordered[10]).toBeGreaterThan(1.5);
      expect(ordered[0]).toBeLessThan(peak);
      expect(ordered[19]).toBeGreaterThan(peak);
      for (const { lossEnd } of cells) expect(lossEnd).toBeLessThan(RETURNED);
    },
  );

  test("peaks rise with kappa", async () => {
    const medians = [];
    for (const kappa of [1.74, 2.1, 2.5, 3.4]) medians.push(peaks(await at(kappa))[10]);
    expect(medians).toEqual([...medians].sort((a, b) => a - b));
  });

  test("from kappa 3.9 on runs diverge, within a few steps", async () => {
    const some = (await at(3.9)).filter(({ phase }) => phase === "divergent");
    expect(some.length).toBeGreaterThan(0);
    const all = await at(5);
    expect(all.map(({ phase }) => phase)).toEqual(new Array(20).fill("divergent"));
    for (const { steps } of [...some, ...all]) expect(steps).toBeLessThan(20);
  });

  test("kappa tells the phase", async () => {
    const sigmas = Array.from({ length: 40 }, (_, i) => 0.01 * 1000 ** (i / 39));
    const cells = await runLinearEnsemble(
      {
        experiment: linearExperiment(setting),
        sigmas,
        learningRates: [setting.learningRate],
        seeds,
      },
      { kernels: baseline },
    );
    for (const [low, high, phase] of [
      [0.3, 1.6, "decay"],
      [2.3, 3.5, "catapult"],
      [4.5, Number.POSITIVE_INFINITY, "divergent"],
    ] as const) {
      const inside = cells.filter(({ kappa }) => kappa > low && kappa < high);
      const right = inside.filter((cell) => cell.phase === phase);
      expect(inside.length).toBeGreaterThan(15);
      expect(right.length / inside.length, `${phase}`).toBeGreaterThanOrEqual(0.95);
    }
  });
});
