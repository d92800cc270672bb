import type { Phase } from "../../ts/analysis/phase.js";
import { mulberry } from "../../ts/check/verify/roundings.js";
import { linear } from "../../ts/entries/browser.js";
import { bystanderCurves } from "../../ts/report/bystanderCurves.js";
import { calibrationScatter } from "../../ts/report/calibration.js";
import type { RunCurves } from "../../ts/report/curves.js";
import { linearTrajectories, trainingCurves } from "../../ts/report/curves.js";
import { forecastFigure } from "../../ts/report/forecastFigure.js";
import { gaugeCurves } from "../../ts/report/gaugeCurves.js";
import { phaseGrid } from "../../ts/report/phaseGrid.js";
import { phaseMap } from "../../ts/report/phaseMap.js";
import { type ProbedRun, probeCurves } from "../../ts/report/probeCurves.js";
import { robustnessFigure } from "../../ts/report/robustnessFigure.js";
import { type ScalePoint, timeScales } from "../../ts/report/timeScales.js";
import { validityMap } from "../../ts/report/validityMap.js";
import type { Accuracy, NetworkRobustness } from "../../ts/robustness/robustnessResult.js";

const LETTERS: Readonly<Record<string, Phase>> = {
  o: "decoupled",
  d: "decay",
  c: "catapult",
  x: "divergent",
  u: "unclassified",
};

/** Runs of two seeds along sigma, a letter a phase. */
const along = (...seeds: string[]) =>
  seeds.flatMap((letters) =>
    [...letters].map((letter, i) => ({ sigma: 0.05 * 2 ** i, phase: LETTERS[letter] })),
  );

/** A population run of the linear model by the exact recursion: the same numbers on every host to many digits. */
function run(phase: Phase, sigma: number) {
  const eta = 0.05;
  const moments = linear.populationMoments([1], 1, sigma, 1);
  let state: linear.LinearState = {
    G: Float64Array.of(1, 0, 0, 1),
    v: Float64Array.of(0.1, 0.2),
    s: 1,
  };
  const [loss, effectiveNiw]: [number[], number[]] = [[], []];
  for (let t = 0; t < 300; t++) {
    loss.push(linear.loss(state, moments, 1));
    effectiveNiw.push(Math.abs(linear.effectiveNiw(state, 1, 1)[0]));
    if (!Number.isFinite(loss[t])) break;
    state = linear.step(state, moments, eta, 1);
  }
  return { phase, sigma, kappa: eta * sigma ** 2 * 2, loss, effectiveNiw };
}

function network(phase: Phase, sigma: number, rate: number, breaks = false): RunCurves {
  const epochs = Float64Array.from({ length: 40 }, (_, i) => i / 2);
  const curve = (label: string, f: (t: number) => number) => ({
    label,
    x: epochs,
    y: epochs.map((t) => (breaks && t > 4 ? Number.POSITIVE_INFINITY : f(t))),
  });
  return {
    phase,
    sigma,
    loss: curve("training, with noise", (t) => 2.3 * 0.8 ** t + (breaks ? 10 ** t : 0)),
    unperturbedLoss: curve("training, without", (t) => 2.2 * 0.8 ** t),
    testLoss: curve("test, without", (t) => 2 * 0.8 ** t + 0.3),
    niwNorm: curve("|W_NI|", (t) => 0.4 * rate ** t),
  };
}

/** Phases by the leading order's kappa alone. */
const grid = [...Array(12).keys()].flatMap((i) =>
  [...Array(9).keys()].map((j) => {
    const [sigma, learningRate] = [0.05 * 2 ** i, 0.004 * 2 ** j];
    const kappa = 0.2 * learningRate * sigma ** 2;
    const phase: Phase =
      kappa < 0.001 ? "decoupled" : kappa < 2 ? "decay" : kappa < 4 ? "catapult" : "divergent";
    return { sigma, learningRate, phase };
  }),
);

const scales = (shift: number): ScalePoint[] =>
  (["niwNorm", "loss", "testLoss"] as const).flatMap((curve, k) =>
    [1, 2, 3, 4, 5, 6].map((i) => {
      const tau = shift * 60 * 2 ** (-i / (1 + k));
      return { curve, sigma: 0.05 * 2 ** i, tau, interval: [0.8 * tau, 1.3 * tau] as const };
    }),
  );

const probed = (heading: string, rate: number): ProbedRun => {
  const epochs = [0, 0.5, 1, 2, 3, 5, 8, 12, 16, 20];
  const norm = epochs.map((t) => 0.4 * rate ** t);
  return {
    heading,
    moments: epochs.map((epoch, i) => ({
      epoch,
      niwNorm: norm[i] * (1 + 0.02 * (-1) ** i),
      pointwise: 0.02 + 0.001 * epoch,
      smoothed: 0.015 + 0.002 * epoch,
      antithetic: { value: 0.014 + 0.002 * epoch, error: 0.002 },
      expansion: i < 9 ? { firstError: 0.5 + epoch / 40, secondError: 0.02 * 1.1 ** epoch } : null,
    })),
    predicted: { norm, deviation: norm.map((x) => 0.1 * x) },
  };
};

const validity = (count: number) =>
  ["normal", "uniform", "rademacher"].slice(0, count).map((name, k) => ({
    heading: `${name} noise`,
    cells: [0.1, 0.3, 1, 3, 10, 30].flatMap((sigma) =>
      [0, 0.02, 0.1, 0.5, 1, 3, 8, 20].map((epoch) => ({
        sigma,
        epoch,
        error:
          sigma > 20 && epoch > 2 ? Number.NaN : (0.004 * (1 + k) * sigma * (1 + epoch)) ** 0.8,
      })),
    ),
  }));

/** A log's records and readings; `loss` of the step. */
const gauged = (loss: (step: number) => number) => ({
  sigma: 2,
  records: Array.from({ length: 60 }, (_, i) => ({
    step: 10 * i,
    loss: loss(10 * i),
    norm: 2 * 0.99 ** i + 0.2,
    memory: 0.9 ** i - 0.01,
  })),
  curvature: Array.from({ length: 7 }, (_, i) => {
    return { step: 45 + 85 * i, value: 0.5 + 0.1 * i, error: i === 6 ? Number.NaN : 0.05 };
  }),
});

const frame = (title: string) => ({
  title,
  caption: "fixed data <of> the tests & no other; seeds 0, 1",
});

const LONG_CAPTION =
  "fixed data <of> the tests & no other, told at the length that a real run's settings come to: ReLU, cross-entropy, eta 0.1, batch 100; seeds 0, 1";

const NONE = {
  decay: { predicted: null, measured: null },
  catapult: { predicted: null, measured: null },
  divergent: { predicted: null, measured: null },
};

/** Maps of phases in any mixture, with boundaries anywhere: the same for the same number. */
export function anyPhases(number: number): string {
  const random = mulberry(1 + number);
  const letters = ["o", "d", "c", "x", "u"];
  const any = (count: number) =>
    Array.from({ length: count }, () => letters[Math.floor(random() * random() * 5)]).join("");
  const sigma = () => (random() < 0.3 ? null : 0.05 * 1000 ** random());
  const boundary = () => {
    const measured = sigma();
    return { measured, predicted: random() < 0.3 ? measured : sigma() };
  };
  const width = 1 + Math.floor(random() * 12);
  const panels = Array.from({ length: 1 + Math.floor(random() * 2) }, (_, i) => ({
    ...(random() < 0.5 && { heading: `noise of the kind ${i}` }),
    runs: along(...Array.from({ length: 1 + Math.floor(random() * 4) }, () => any(width))),
    boundaries: { decay: boundary(), catapult: boundary(), divergent: boundary() },
  }));
  return phaseMap({ ...frame("Any phases"), panels });
}

/** Every kind of figure, from fixed data. */
/** Accuracies that fall at a rate of the network's own. */
function robustOne(name: string, rate: number): NetworkRobustness {
  const accuracy = (left: number): Accuracy => ({
    ...{ accuracy: left, error: 0.01, low: left - 0.02, high: left + 0.02 },
    ...{ seeds: [left, left], difference: null },
  });
  return {
    ...{ name, clean: accuracy(0.9 - 0.005 * rate), corruptions: [], shift: [], dose: null },
    severities: [1, 2, 3, 4, 5].map((severity) => ({
      severity,
      ...accuracy(0.9 - 0.1 * severity + 0.008 * rate * severity),
    })),
    attacks: [0, 0.05, 0.1, 0.3].map((epsilon) => ({
      ...({ name: "pgd", epsilon, steps: 40 } as const),
      ...accuracy((0.9 + 0.02 * rate) / (1 + 30 * epsilon) - 0.04),
    })),
  };
}

export const FIGURES: Readonly<Record<string, () => string>> = {
  phases: () =>
    phaseMap({
      ...frame("Phases"),
      panels: [
        {
          runs: along("ooodddddcx", "oodddddccx"),
          boundaries: {
            decay: { predicted: 0.3, measured: 0.28 },
            catapult: { predicted: 9.1, measured: 9.05 },
            divergent: { predicted: null, measured: 18.1 },
          },
        },
      ],
    }),
  "phases-of-one": () =>
    phaseMap({
      ...frame("One run"),
      panels: [{ runs: along("u"), boundaries: NONE }],
    }),
  "phases-of-two-modes": () =>
    phaseMap({
      ...frame("Fresh and fixed noise"),
      panels: [
        {
          heading: "fresh noise",
          runs: along("ooodddddcx", "oodddddccx", "oddudddccx"),
          boundaries: { ...NONE, decay: { predicted: 0.3, measured: 0.28 } },
        },
        {
          heading: "fixed noise",
          runs: along("ooouuuuccx", "ouuuuudccx", "oouuuudcux"),
          boundaries: { ...NONE, catapult: { predicted: 9.1, measured: 9.05 } },
        },
      ],
    }),
  gauge: () =>
    gaugeCurves({
      ...frame("What the noise nodes tell"),
      ...gauged((step) => 2 * 0.99 ** step + 0.01),
      ...{ phase: "decay", trainingRate: 2 },
    }),
  "gauge-of-a-bystander": () =>
    gaugeCurves({
      ...frame("What the noise nodes tell"),
      ...gauged(() => Number.NaN),
      ...{ phase: "unclassified", trainingRate: 0.1 },
    }),
  robustness: () =>
    robustnessFigure({
      ...frame("Robustness"),
      networks: Array.from({ length: 8 }, (_, i) => robustOne(`network ${i} of the tests`, i)),
    }),
  "robustness-attacks": () =>
    robustnessFigure({
      ...frame("Attacks"),
      networks: [0, 1].map((i) => ({ ...robustOne(`network ${i}`, i), severities: [] })),
    }),
  forecast: () =>
    forecastFigure({
      ...frame("Where the phases change with sigma"),
      forecast: {
        boundaries: {
          decay: { value: 3, low: 2.5, high: 3.6 },
          catapult: { value: 20, low: 18, high: 22 },
          divergent: { value: 42, low: 30, high: 58 },
        },
        outward: null,
        gains: [1, 3, 9, 20, 30, 45].map((sigma) => {
          const [drift, diffusion] = [sigma ** 2 / 900 - sigma / 60, sigma ** 2 / 4000];
          return { sigma, gain: 1 + drift + diffusion, drift, diffusion };
        }),
        memories: [0.3, 1, 2, 3, 5, 9, 15].map((sigma) => ({
          sigma,
          memory: 0.5 ** (sigma / 2),
        })),
      },
      measured: along("ooodddddcx").map((run, i) => ({ ...run, memory: Math.exp(-i / 2) })),
    }),
  "linear-trajectories": () =>
    linearTrajectories(frame("The linear model"), [
      run("decoupled", 0.1),
      run("decay", 2),
      run("catapult", 5),
      run("divergent", 12),
    ]),
  training: () =>
    trainingCurves(frame("Training"), [
      network("decoupled", 0.5, 0.999),
      network("decay", 8, 0.8),
      network("catapult", 16, 0.9),
      network("divergent", 123.456, 1.5, true),
    ]),
  "training-of-one": () =>
    trainingCurves({ title: "One run", caption: LONG_CAPTION }, [network("decay", 3, 0.9)]),
  "phase-grid": () =>
    phaseGrid({
      ...frame("Phases over sigma and learning rate"),
      cells: grid,
      predicted: [
        { name: "decay", sigma: (rate) => Math.sqrt(0.005 / rate) },
        { name: "catapult", sigma: (rate) => Math.sqrt(10 / rate) },
        { name: "divergent", sigma: (rate) => Math.sqrt(20 / rate) },
      ],
    }),
  "time-scales": () =>
    timeScales({
      ...frame("Decay times"),
      panels: [
        { heading: "fresh noise", points: scales(1), phases: along("ooodddddcx") },
        { heading: "fixed noise", points: scales(1.2), phases: along("ooddddcccx") },
      ],
      predicted: [
        { name: "predicted decay", sigma: 0.3 },
        { name: "predicted catapult", sigma: 9.1 },
      ],
      end: 80,
    }),
  "time-scales-close": () =>
    timeScales({
      ...frame("Decay times, boundaries close together"),
      panels: [{ heading: "fresh noise", points: scales(1), phases: along("odcxxxxxxx") }],
      predicted: [
        { name: "predicted decay", sigma: 0.09 },
        { name: "predicted catapult", sigma: 0.1 },
      ],
      end: 80,
    }),
  probe: () =>
    probeCurves(frame("What the noise weights read"), [
      probed("sigma 3: decay", 0.8),
      probed("sigma 0.3: decoupled", 0.999),
    ]),
  fits: () => {
    const fitted = (curve: "loss" | "testLoss" | "niwNorm", amplitude: number, offset: number) => ({
      curve,
      amplitude,
      offset,
      tau: -1 / Math.log(0.8),
      window: [0, 12] as const,
    });
    const run = network("decay", 8, 0.8);
    const fits = [fitted("loss", 2.3, 0), fitted("testLoss", 2, 0.3), fitted("niwNorm", 0.4, 0)];
    return trainingCurves(frame("Fits"), [
      { ...run, note: "fresh noise", fits },
      { ...run, note: "fixed noise", fits: [] },
    ]);
  },
  bystander: () =>
    bystanderCurves({
      ...frame("A bystander"),
      moments: [0, 0.1, 0.5, 1, 2, 4, 8].map((epoch, i) => ({
        epoch,
        niwNorm: 1,
        pointwise: 0.004 + 0.001 * Math.sin(i),
        smoothed: 0.006 + 0.001 * Math.sin(i),
        antithetic: { value: 0.006 + 0.001 * Math.sin(i + 0.2), error: 0.0003 },
        expansion: null,
      })),
      losses: [0, 1, 2, 4, 8].map((epoch) => ({
        epoch,
        watched: 2.3 * 0.7 ** epoch * (1 + 0.01 * (epoch % 2)),
        alone: 2.3 * 0.7 ** epoch,
      })),
    }),
  calibration: () =>
    calibrationScatter({
      ...frame("Readings"),
      panels: ["antithetic passes", "by step"].map((heading, k) => ({
        heading,
        points: [1, 2, 3, 4, 5, 6].map((i) => ({
          direct: 0.01 * i,
          reading: 0.01 * (i + 0.3 * (-1) ** i) - 0.02 * k,
          error: i < 6 ? 0.001 * i : Number.NaN,
        })),
        calibration: { slope: 1.012345, slopeError: 0.0234, rSquared: 0.98765 },
      })),
    }),
  validity: () => validityMap({ ...frame("Where the expansion holds"), panels: validity(1) }),
  "validity-of-three": () =>
    validityMap({ ...frame("Where the expansion holds"), panels: validity(3) }),
};
