import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compareLosses, lossBound } from "../lib/agreement.mjs";
import { blasLines } from "../lib/blas.mjs";
import { nodeSide, pythonSide, withSides } from "../lib/field.mjs";
import { measure, rate, ratio, raw } from "../lib/rounds.mjs";
import { sigmas } from "../lib/sigmas.mjs";
import { writeStart } from "../lib/start.mjs";
import { failures, spread } from "../lib/table.mjs";
import { held, verdict } from "../lib/targets.mjs";

const CHECK = 10;
const HIDDEN = 50;
const BATCH = 100;
const RUNS = 1024;

/** The linear model of 1-50-1 in NTK parametrisation, `rows` samples in batches of 100. */
export function linearExperiment(rows) {
  return {
    network: { layers: [HIDDEN], activation: "linear", loss: "mse", bias: false, init: "ntk" },
    noise: [{ layer: 0, nodes: 1, sigma: 1 }],
    data: { name: "linear-regression", inputs: 1, train: rows },
    optimizer: { learningRate: 1e-3, batchSize: rows === BATCH ? "full" : BATCH },
    seed: 1,
  };
}

/** Times one run that trains the network, and an ensemble over sigma, by the network and by the recursion. */
export async function linear({ rounds }) {
  const results = [...(await single(rounds)), ...(await ensemble(rounds))];
  const targets = results.flatMap(({ target }) => target ?? []);
  return { results, targets, tables: [table(results)] };
}

function single(rounds) {
  const ours = (name, fast, rows, cases) =>
    nodeSide(
      name,
      "ours/step.mjs",
      [JSON.stringify({ experiment: linearExperiment(rows), fast })],
      {
        cases,
      },
    );
  return inFolder(100 * BATCH, (folder) => {
    const sides = [
      ours("ninscope fast", true, 100 * BATCH, { step: "network" }),
      ours("ninscope", false, 100 * BATCH, { step: "network" }),
      pythonSide("NumPy", "numpy", "peers/linear_numpy.py", [folder], {
        cases: { step: "network" },
      }),
      pythonSide("PyTorch", "torch", "peers/linear_torch.py", [folder], {
        cases: { step: "network" },
      }),
    ];
    const targets = { "ninscope fast": 150_000 };
    return contest({ sides, runs: 1, rounds, targets });
  });
}

function ensemble(rounds) {
  return inFolder(BATCH, (folder) => {
    const experiment = linearExperiment(BATCH);
    const given = JSON.stringify(sigmas(RUNS));
    const ours = (name, options) =>
      nodeSide(
        name,
        "ours/ensemble.mjs",
        [JSON.stringify({ experiment, cells: RUNS, ...options })],
        { cases: { ensemble: "recursion" } },
      );
    const sides = [
      ours("ninscope, float64", { precision: "float64" }),
      ours("ninscope, float32", { precision: "float32" }),
      pythonSide("NumPy", "numpy", "peers/linear_numpy.py", [folder, given], {
        cases: { recursion: "recursion", step: "network" },
      }),
      pythonSide("PyTorch", "torch", "peers/linear_torch.py", [folder, given], {
        cases: { step: "network" },
      }),
    ];
    const targets = { "ninscope, float64": 80e6, "ninscope, float32": 150e6 };
    return contest({ sides, runs: RUNS, rounds, targets });
  });
}

async function inFolder(rows, work) {
  const folder = mkdtempSync(join(tmpdir(), "ninscope-bench-"));
  try {
    await writeStart(folder, linearExperiment(rows), CHECK);
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function contest({ sides: starts, runs, rounds, targets }) {
  return withSides(starts, async (sides) => {
    const checks = await compareLosses(sides, () => CHECK, lossBound(CHECK, 2, BATCH));
    const contestants = sides.flatMap((entry, i) =>
      Object.entries(entry.cases).map(([name, way]) => {
        const work = runs * (entry.side?.ready.stepsPerUnit ?? 1);
        return { ...entry, case: name, way, check: checks[i], work };
      }),
    );
    const field = await measure(contestants, rounds);
    const [first] = field;
    return field.map((entry) => {
      const { name, way, failed, check, side } = entry;
      const perSecond = rate(entry);
      const atLeast = targets[name];
      const what = `linear model, ${runs} ${runs === 1 ? "run" : "runs"} by the ${way}, ${name}: run-steps/s`;
      return {
        runs,
        side: name,
        way,
        ready: side?.ready,
        failed,
        check,
        perSecond,
        measured: raw(entry),
        timesAsFast: failed || first.failed ? null : ratio(first, entry),
        target: atLeast ? held(what, perSecond, atLeast) : null,
      };
    });
  });
}

function table(results) {
  return {
    title: `The linear model, hidden ${HIDDEN}, batch ${BATCH}`,
    head: [
      ...["runs", "by", "way", "run-steps/s", "the first is so many times as fast"],
      ...["target", "", "losses differ by"],
    ],
    rows: results.map(({ runs, side, way, failed, perSecond, timesAsFast, target, check }) => [
      runs,
      side,
      way,
      failed ? "failed" : spread(perSecond),
      spread(timesAsFast),
      ...verdict(target),
      check ? `${check.error.toExponential(1)}${check.agrees ? "" : " INVALID"}` : "",
    ]),
    notes: [
      `Losses after ${CHECK} steps from the same start are to differ by ${lossBound(CHECK, 2, BATCH).toExponential(1)} at most, relatively. The recursion is exact: what it computes is what the network does.`,
      ...blasLines(results.map(({ side, ready }) => ({ side, blas: ready?.blas }))),
      ...failures(results),
    ],
  };
}
