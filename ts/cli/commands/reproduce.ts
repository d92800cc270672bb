import { join } from "node:path";
import { Argument, type Command } from "commander";
import { largest } from "../../analysis/extremes.js";
import { PHASES, type Phase } from "../../analysis/phase.js";
import { dawn } from "../../backend/node/dawn.js";
import { linearExperiment } from "../../experiment/presets.js";
import { logRange } from "../../experiment/range.js";
import { spawnThread, threadsHere } from "../../jobs/pool/node/spawn.js";
import { loadKernels } from "../../kernels/node/load.js";
import { runLinearEnsemble } from "../../linear/linearEnsemble.js";
import { linearPrediction } from "../../linear/linearPrediction.js";
import {
  type FigureOne,
  type FigureRun,
  figureOne,
  figureOneInput,
} from "../../paper/figureOne.js";
import { type Claim, paperClaims } from "../../paper/paperClaims.js";
import {
  type ValidityCell,
  type ValidityOptions,
  validity,
  validUntil,
} from "../../probe/expansionValidity.js";
import { increasing } from "../../report/axes.js";
import { trainingCurves } from "../../report/curves.js";
import { type PagePart, page } from "../../report/page.js";
import { phaseGrid } from "../../report/phaseGrid.js";
import { phaseMap } from "../../report/phaseMap.js";
import { probeCurves } from "../../report/probeCurves.js";
import { type ScalePoint, timeScales } from "../../report/timeScales.js";
import { validityMap } from "../../report/validityMap.js";
import { writeWhole } from "../../store/node/atomic.js";
import { prepareFolder, writeSpec } from "../../store/node/openStore.js";
import { writeFigure, writeJson } from "../../store/node/results.js";
import { comparisonTable, shown } from "../comparisons.js";
import type { Interrupt } from "../interrupt.js";
import {
  beginning,
  type CommonOptions,
  dataFiles,
  voiceOf,
  withBackend,
  withOut,
  withVoice,
} from "../options.js";
import { fitsOf, runCurves, stepsAnEpoch } from "../runCurves.js";
import { digits, ProgressBar, table } from "../terminal.js";

interface ReproduceOptions extends CommonOptions {
  readonly out: string;
  readonly force?: boolean;
  readonly quick?: boolean;
  readonly backend: "auto" | "wasm" | "reference" | "webgpu";
  readonly fast?: boolean;
}

/** Values of `sigma` in the map of the expansion's validity, at most. */
const MAPPED = 8;

export function reproduceCommand(program: Command, interrupt: Interrupt): void {
  withOut(withVoice(withBackend(program.command("reproduce"))), "figure-1")
    .addArgument(new Argument("<what>", "what to reproduce").choices(["figure-1"]))
    .option("--quick", "a smaller network, fewer values of sigma and seeds: some minutes")
    .description("the paper's Figure 1 on Fashion-MNIST, its claims, and what was predicted")
    .addHelpText(
      "after",
      `
The default trains 90 networks, --quick 32 smaller ones.

Examples:
  $ ninscope reproduce figure-1 --quick
  $ ninscope reproduce figure-1 --out results/figure-1`,
    )
    .action(async (_: string, options: ReproduceOptions) => {
      const voice = voiceOf(options);
      const input = figureOneInput(options);
      await prepareFolder(options.out, { spec: input, begin: beginning(options) });
      const kernels = await loadKernels({ fast: options.fast });
      const progress = new ProgressBar("figure-1", voice);
      try {
        const found = await figureOne(input, {
          kernels,
          backend: options.backend,
          gpu: { source: dawn },
          workers: threadsHere(),
          spawn: spawnThread,
          files: dataFiles(voice, interrupt.signal),
          signal: interrupt.signal,
          onProgress: ({ done, what }) => progress.update(done, what),
        });
        const claims = paperClaims(found);
        const cells = await validityOf(found, {
          kernels,
          backend: options.backend,
          gpu: { source: dawn },
          files: dataFiles(voice, interrupt.signal),
          signal: interrupt.signal,
          onProgress: ({ done, total }) =>
            progress.update(done / total, "the expansion's validity"),
        });
        const grid = await linearGrid(kernels, interrupt.signal);
        await write(options.out, found, claims, cells, grid);
        progress.stop();
        process.stdout.write(
          voice.json
            ? `${JSON.stringify(summaryOf(found, claims, cells))}\n`
            : `${claimsTable(claims)}\n${join(options.out, "report.html")}\n`,
        );
      } finally {
        progress.stop();
      }
    });
}

/** Along the figure's values of `sigma`, thinned, with the first seed. */
function validityOf(
  { input, runs }: FigureOne,
  options: Omit<ValidityOptions, "sigmas">,
): Promise<ValidityCell[]> {
  const { sweep: _, ...experiment } = input;
  const all = increasing(runs.map(({ sigma }) => sigma));
  const sigmas = all.filter((_, i) => i % Math.ceil(all.length / MAPPED) === 0);
  return validity({ ...experiment, seed: runs[0].seed }, { ...options, sigmas });
}

/** The linear model's phases over (`sigma`, learning rate), by its exact recursion. */
async function linearGrid(
  kernels: Awaited<ReturnType<typeof loadKernels>>,
  signal: AbortSignal,
): Promise<string> {
  const seeds = [0, 1, 2];
  const steps = 2000;
  const experiment = (learningRate: number, seed: number) =>
    linearExperiment({ width: 100, samples: 200, learningRate, steps, sigma: 1, seed });
  const cells = await runLinearEnsemble(
    {
      experiment: experiment(0.05, 0),
      sigmas: logRange("sigma", "0.03:30:40"),
      learningRates: logRange("learning rate", "0.003:0.3:24"),
      seeds,
    },
    { kernels, signal },
  );
  const starts = seeds.map((seed) => experiment(1, seed));
  const one = await linearPrediction(starts, kernels, signal);
  // The boundaries of catapult and divergence go as 1 / sqrt(eta), and so does that of decay.
  const curve = (name: "decay" | "catapult" | "divergent") => ({
    name,
    sigma: (rate: number) => one[name] / Math.sqrt(rate),
  });
  return phaseGrid({
    title: "The linear model's phases",
    caption: `d = 100, N = 200, ${steps} steps, fresh noise, seeds 0 to 2; 2,880 runs of the exact recursion`,
    cells,
    predicted: [curve("decay"), curve("catapult"), curve("divergent")],
  });
}

function captionOf({ input, runs }: FigureOne): string {
  const seeds = [...new Set(runs.map(({ seed }) => seed))];
  const layers = input.network?.layers?.join("-");
  const train = (input.data as { train?: number }).train;
  return `ReLU, ${layers}, Fashion-MNIST (${train} samples), cross-entropy, eta ${input.optimizer?.learningRate}, batch ${input.optimizer?.batchSize}, seeds ${seeds[0]} to ${seeds[seeds.length - 1]}`;
}

function figures(
  found: FigureOne,
  cells: readonly ValidityCell[],
  grid: string,
): Record<string, string> {
  const { runs, boundaries, predicted } = found;
  const caption = captionOf(found);
  const boundary = (name: "decay" | "catapult" | "divergent") => ({
    predicted: name === "divergent" ? null : (predicted[name]?.value ?? null),
    measured: boundaries.both[name].measured,
  });
  const marks = predictedMarks(found);
  return {
    ...centre(found, caption),
    "time-scales": timeScales({
      title: "Decay times against the strength of the noise",
      caption: `${caption}; bars: 95 % of the fit, medians over seeds; dashed: predicted boundaries`,
      panels: (["fresh", "fixed"] as const).map((mode) => ({
        heading: `${mode} noise`,
        points: scalePoints(found, mode),
        phases: phasesOf(runs.filter((run) => run.mode === mode)),
      })),
      predicted: marks,
      end: largest(runs.map((run) => lastOf(run.trajectory.evaluations.epoch))),
    }),
    phases: phaseMap({
      title: "Phases against the strength of the noise",
      caption: `${caption}, fresh and fixed noise`,
      runs,
      boundaries: {
        decay: boundary("decay"),
        catapult: boundary("catapult"),
        divergent: boundary("divergent"),
      },
    }),
    probe: probeCurves(
      {
        title: "What the noise weights read, and what was predicted of them",
        caption: `${captionOf(found)}; readings with two standard errors`,
      },
      found.probes.map(({ experiment, phase, moments, predictedNorm }) => ({
        heading: `sigma ${digits(experiment.noise[0].sigma)}: ${phase}`,
        moments,
        predicted: predictedNorm,
      })),
    ),
    validity: validityMap({
      title: "Where the expansion to second order holds",
      caption: `${caption.replace(/seeds .*/, `seed ${runs[0].seed}`)}, fresh noise`,
      panels: [...new Set(cells.map(({ distribution }) => distribution))].map((distribution) => ({
        heading: `${distribution} noise`,
        cells: cells.filter((cell) => cell.distribution === distribution),
      })),
    }),
    "linear-phases": grid,
  };
}

/** The boundaries known beforehand; the pointwise decay where the smoothed curvature lets no noise weight decay. */
function predictedMarks({ predicted, probes }: FigureOne) {
  const [probed] = probes;
  const known = [
    predicted.decay
      ? { name: "predicted decay", at: predicted.decay }
      : { name: "predicted decay (pointwise)", at: predicted.decayPointwise },
    { name: "predicted catapult", at: predicted.catapult },
    { name: "divergent in short runs", at: probed?.prediction.divergent ?? null },
  ];
  return known.flatMap(({ name, at }) => (at ? [{ name, sigma: at.value }] : []));
}

/** Fresh noise in the middle of the decay phase, and the same run with fixed noise, whatever its phase. */
function centre({ runs, input }: FigureOne, caption: string): Record<string, string> {
  const decaying = runs.filter(({ mode, phase }) => mode === "fresh" && phase === "decay");
  const middle = decaying[Math.floor(decaying.length / 2)];
  if (!middle) return {};
  const shown = runs
    .filter(({ sigma, seed }) => sigma === middle.sigma && seed === middle.seed)
    .map((run) => {
      const experiment = { noise: [{ sigma: run.sigma }] } as never;
      const fits = fitsOf(run.timeScales, stepsAnEpoch(run));
      return { ...runCurves({ ...run, experiment }), note: `${run.mode} noise`, fits };
    })
    .sort((a, b) => b.note.localeCompare(a.note));
  const title = `Noise weights, training and test loss: ${input.epochs} epochs`;
  return { training: trainingCurves({ title, caption }, shown) };
}

function scalePoints({ runs }: FigureOne, mode: string): ScalePoint[] {
  // A loss that falls for some steps before it diverges has no decay time.
  const own = runs.filter((run) => run.mode === mode && run.phase !== "divergent");
  const sigmas = [...new Set(own.map(({ sigma }) => sigma))];
  const curves = { niwNorm: "niw", loss: "loss", testLoss: "testLoss" } as const;
  return sigmas.flatMap((sigma) =>
    Object.entries(curves).flatMap(([curve, key]) => {
      const known = own
        .filter((run) => run.sigma === sigma)
        .flatMap((run) => {
          const { tau, interval } = run.timeScales[key];
          const unit = stepsAnEpoch(run);
          return tau === null || !interval
            ? []
            : [{ tau: tau / unit, interval: interval.map((x) => x / unit) as [number, number] }];
        })
        .sort((a, b) => a.tau - b.tau);
      const some = known[Math.floor(known.length / 2)];
      return some ? [{ curve: curve as ScalePoint["curve"], sigma, ...some }] : [];
    }),
  );
}

function phasesOf(runs: readonly FigureRun[]) {
  const sigmas = [...new Set(runs.map(({ sigma }) => sigma))];
  return sigmas.map((sigma) => {
    const here = runs.filter((run) => run.sigma === sigma);
    const count = (phase: Phase) => here.filter((run) => run.phase === phase).length;
    const all: Phase[] = [...PHASES, "unclassified"];
    return { sigma, phase: all.reduce((a, b) => (count(b) > count(a) ? b : a)) };
  });
}

function lastOf(values: Float64Array): number {
  return values[values.length - 1];
}

function summaryOf(found: FigureOne, claims: readonly Claim[], cells: readonly ValidityCell[]) {
  const { input, boundaries, predicted, similarity, similarityChance, probes, runs } = found;
  return {
    input,
    claims,
    boundaries,
    predicted,
    similarity,
    similarityChance,
    probes: probes.map(({ experiment, phase, divergentBracket, comparisons }) => ({
      sigma: experiment.noise[0].sigma,
      phase,
      divergentBracket,
      comparisons,
    })),
    runs: runs.map(({ trajectory: _, ...run }) => run),
    validity: [...new Set(cells.map(({ distribution }) => distribution))].map((distribution) => {
      const own = cells.filter((cell) => cell.distribution === distribution);
      return {
        distribution,
        below10Percent: validUntil(own, 0.1),
        below30Percent: validUntil(own, 0.3),
      };
    }),
  };
}

async function write(
  folder: string,
  found: FigureOne,
  claims: readonly Claim[],
  cells: readonly ValidityCell[],
  grid: string,
) {
  const drawn = figures(found, cells, grid);
  await writeSpec(folder, found.input);
  for (const [name, svg] of Object.entries(drawn)) await writeFigure(folder, name, svg);
  const words: Record<string, string> = {
    training: "The paper's Figure 1, centre",
    "time-scales": "The paper's Figure 1, right",
    phases: "Phases",
    probe: "Readings and predictions",
    validity: "Where the expansion holds, for each distribution of the noise",
    "linear-phases": "The linear model",
  };
  const parts: PagePart[] = [
    {
      heading: "Claims",
      table: {
        head: ["claim", "verdict", "because"],
        rows: claims.map(({ claim, verdict, because }) => [claim, verdict, because]),
      },
    },
    ...Object.entries(drawn).map(([name, svg]) => ({ heading: words[name], svg })),
    ...found.probes.map(({ experiment, phase, comparisons }) => ({
      heading: `Probe at sigma ${digits(experiment.noise[0].sigma)}: ${phase}`,
      table: comparisonTable(comparisons),
    })),
  ];
  await writeWhole(
    join(folder, "report.html"),
    page({
      title: "Figure 1, reproduced",
      lead: captionOf(found),
      parts,
      provenance: provenanceOf(found),
    }),
  );
  await writeJson(folder, "summary.json", summaryOf(found, claims, cells));
}

function provenanceOf({
  input,
  runs,
  boundaries,
  predicted,
}: FigureOne): readonly (readonly [string, string])[] {
  return [
    ["runs", String(runs.length)],
    ["seeds", increasing(runs.map(({ seed }) => seed)).join(", ")],
    [
      "sigma",
      increasing(runs.map(({ sigma }) => sigma))
        .map(digits)
        .join(", "),
    ],
    [
      "measured boundaries",
      (["decay", "catapult", "divergent"] as const)
        .map((name) => `${name} ${digits(boundaries.both[name].measured)}`)
        .join(", "),
    ],
    [
      "predicted boundaries",
      (
        [
          ["decay", predicted.decay],
          ["decay, pointwise", predicted.decayPointwise],
          ["catapult", predicted.catapult],
          ["catapult, pointwise", predicted.catapultPointwise],
        ] as const
      )
        .map(([name, value]) => `${name} ${shown(value)}`)
        .join("; "),
    ],
    ["experiment", JSON.stringify(input)],
  ];
}

function claimsTable(claims: readonly Claim[]): string {
  const wrapped = (text: string, width: number) =>
    text.replace(new RegExp(`(.{1,${width}})(?: |$)`, "g"), "$1\n").trimEnd();
  return table(
    ["claim", "verdict", "because"],
    claims.map(({ claim, verdict, because }) => [
      wrapped(claim, 36),
      verdict,
      wrapped(because, 60),
    ]),
  );
}
