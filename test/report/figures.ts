import type { Phase } from "../../ts/analysis/phase.js";
import { linear } from "../../ts/index.js";
import type { RunCurves } from "../../ts/report/curves.js";
import { linearTrajectories, trainingCurves } from "../../ts/report/curves.js";
import { phaseMap } from "../../ts/report/phaseMap.js";

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

const frame = (title: string) => ({
  title,
  caption: "fixed data <of> the tests & no other; seeds 0, 1",
});

/** Every kind of figure, from fixed data. */
export const FIGURES: Readonly<Record<string, () => string>> = {
  phases: () =>
    phaseMap({
      ...frame("Phases"),
      runs: along("ooodddddcx", "oodddddccx"),
      boundaries: {
        decay: { predicted: 0.3, measured: 0.28 },
        catapult: { predicted: 9.1, measured: 9.05 },
        divergent: { predicted: null, measured: 18.1 },
      },
    }),
  "phases-of-one": () =>
    phaseMap({
      ...frame("One run"),
      runs: along("u"),
      boundaries: {
        decay: { predicted: null, measured: null },
        catapult: { predicted: null, measured: null },
        divergent: { predicted: null, measured: null },
      },
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
  "training-of-one": () => trainingCurves(frame("One run"), [network("decay", 3, 0.9)]),
};
