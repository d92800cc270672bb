import { type Command, Option } from "commander";
import type { PredictedBoundaries } from "../../analysis/boundaries.js";
import { dawn } from "../../backend/node/dawn.js";
import { nodeFiles } from "../../data/node/files.js";
import { InputError } from "../../errors/errors.js";
import { constantNoiseSupposed } from "../../experiment/constantNoise.js";
import { parseExperiment } from "../../experiment/parse.js";
import type { Experiment, ExperimentInput } from "../../experiment/schema.js";
import { firstSigma } from "../../experiment/sweep.js";
import { NINR_PRESETS, type NinrPreset, ninr } from "../../forecast/ninr.js";
import { type RunResult, train } from "../../jobs/train.js";
import { phaseComparison } from "../../probe/comparisons.js";
import { predictedBoundaries } from "../../probe/predictedBoundaries.js";
import { trainingCurves } from "../../report/curves.js";
import { runCurves } from "../../report/runCurves.js";
import { openStore, writeSpec } from "../../store/node/openStore.js";
import { writeFigure, writeJson, writeTrajectories } from "../../store/node/results.js";
import type { CheckpointStore } from "../../store/runStore.js";
import { type DryRun, dryRun } from "../../train/dryRun.js";
import { threadingFor } from "../../train/machine/node/threading.js";
import type { Threads } from "../../train/machine/threads.js";
import { shown } from "../comparisons.js";
import { dataLine } from "../dataLine.js";
import type { Interrupt } from "../interrupt.js";
import { writeNetworkFile } from "../networkFile.js";
import {
  beginning,
  dataFiles,
  type LongRunOptions,
  predictOption,
  readLongConfig,
  threadsOption,
  voiceOf,
  withLongRun,
} from "../options.js";
import { digits, ProgressBar, phaseName, sayer, table } from "../terminal.js";

interface TrainCommandOptions extends LongRunOptions {
  readonly predict?: boolean;
  readonly dryRun?: boolean;
  readonly preset?: NinrPreset;
  readonly threads: Threads;
}

export function trainCommand(program: Command, interrupt: Interrupt): void {
  withLongRun(program.command("train"))
    .argument("[config]", "JSON file of an experiment; without one, a small run on built-in data")
    .addOption(predictOption())
    .addOption(
      new Option(
        "--preset <name>",
        "noise nodes as a regulariser, on the first layer or on all with hidden units; sigma comes from a forecast",
      ).choices(NINR_PRESETS),
    )
    .addOption(threadsOption())
    .option("--dry-run", "print how much memory and work the run needs, without making it")
    .addHelpText(
      "after",
      `
Examples:
  $ ninscope train --set noise.0.sigma=5
  $ ninscope train experiment.json --out results/first --set optimizer.learningRate=0.05
  $ ninscope train --resume --out results/first
  $ ninscope train experiment.json --threads 4
  $ ninscope train experiment.json --out results/first --force
  $ ninscope train experiment.json --preset ninr-full --out results/ninr
  $ ninscope train experiment.json --json | jq .phase`,
    )
    .action(async (config: string | undefined, options: TrainCommandOptions) => {
      const voice = voiceOf(options);
      const read = await readLongConfig(config, options);
      const parsed = parseExperiment(read);
      // The preset sees what the file says, without defaults: they would stand in for its own nodes and scale.
      const experiment = options.preset
        ? await regularised(read as ExperimentInput, options, interrupt)
        : parsed;
      if (options.dryRun) {
        const plan = await dryRun(experiment, { files: dataFiles(voice, interrupt.signal) });
        process.stdout.write(`${voice.json ? JSON.stringify(plan) : plannedTable(plan)}\n`);
        return;
      }
      const store = options.out === undefined ? undefined : await held(experiment, options);
      const progress = new ProgressBar("train", voice);
      try {
        if (options.out) await writeSpec(options.out, experiment);
        const files = dataFiles(voice, interrupt.signal);
        const { predict: networks = false } = options;
        const { signal } = interrupt;
        const prediction = await predictedBoundaries([experiment], {
          ...{ networks, files, signal, backend: options.backend, gpu: { source: dawn } },
          effort: "run",
        });
        const result = await train(experiment, {
          backend: options.backend,
          fast: options.fast,
          gpu: { source: dawn },
          files,
          signal,
          onProgress: progress.report,
          store: store && telling(store, sayer(voice)),
          resume: options.resume,
          checkpointEvery: options.checkpointEvery,
          threading: threadingFor(0, options.threads),
        });
        progress.stop();
        const predicted = prediction && {
          prediction,
          supposes: constantNoiseSupposed(experiment),
          comparisons: [phaseComparison(firstSigma(experiment), result.phase, prediction, true)],
        };
        const summary = { ...summaryOf(result), ...predicted };
        await store?.check();
        if (options.out) await writeRun(options.out, result, summary);
        if (voice.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
        else process.stdout.write(`${described(result, prediction, networks)}\n`);
      } finally {
        progress.stop();
        await store?.close();
      }
    });
}

/** The experiment with the preset's noise nodes; says on standard error which sigma they have, and why. */
async function regularised(
  read: ExperimentInput,
  { preset, resume, backend, fast, ...options }: TrainCommandOptions,
  { signal }: Interrupt,
): Promise<Experiment> {
  if (resume) {
    throw new InputError(
      "--preset",
      "--preset is given with --resume: takes one of the two; the experiment in --out has the preset's noise nodes",
    );
  }
  const voice = voiceOf(options);
  const files = dataFiles(voice, signal);
  const gpu = { source: dawn };
  const { experiment, sigma, why } = await ninr(read, {
    preset,
    backend,
    fast,
    gpu,
    files,
    signal,
  });
  sayer(voice)(`sigma ${digits(sigma)}: ${why}`);
  return experiment;
}

/** Opens the folder of results. Removes earlier results only if this run's data can be read. */
async function held(experiment: Experiment, options: TrainCommandOptions) {
  const { out = "", force } = options;
  const voice = voiceOf(options);
  if (force) await dryRun(experiment, { files: nodeFiles() });
  const claim = { spec: experiment, begin: beginning(options) };
  return openStore(out, "--out", sayer(voice), claim);
}

/** Prints where a resumed run continues from. */
function telling(store: CheckpointStore, say: (line: string) => void): CheckpointStore {
  return {
    async checkpoint(key) {
      const from = await store.checkpoint(key);
      say(
        from
          ? `continues from step ${from.step}`
          : "there is no complete checkpoint of this run from this machine: the run starts again",
      );
      return from;
    },
    saveCheckpoint: (key, checkpoint) => store.saveCheckpoint(key, checkpoint),
    dropCheckpoint: (key) => store.dropCheckpoint(key),
  };
}

function plannedTable(plan: DryRun): string {
  const megabytes = (bytes: number) => `${digits(bytes / 1e6)} MB`;
  return table(
    ["", "the run needs"],
    [
      ["samples", dataLine(plan.data)],
      ["updates", `${plan.steps} (${plan.stepsPerEpoch} an epoch)`],
      ["work of an update", `${digits(plan.flopsPerStep / 1e6)} million operations`],
      ["parameters", String(plan.parameters)],
      ["memory of the data", megabytes(plan.dataBytes)],
      ["memory of the machine", megabytes(plan.machineBytes)],
    ],
  );
}

/**
 * The command line's JSON for one run. `backend` is the machine's name, `flavour` its build, `kernels` and `shaders` are the
 * digests of its code, `why` is the reason for its choice.
 */
export function summaryOf(result: RunResult) {
  const { backend, dataset, phase, evidence, final, dose, controls, timing } = result;
  const { name, flavour, kernels, shaders, why } = backend;
  return {
    backend: name,
    flavour,
    kernels,
    shaders,
    why,
    data: dataset,
    phase,
    evidence,
    final,
    dose,
    controls,
    timing,
  };
}

async function writeRun(folder: string, result: RunResult, summary: object): Promise<void> {
  const { experiment, trajectory, phase } = result;
  await writeTrajectories(folder, [{ trajectory: async () => trajectory }], {
    experiment: JSON.stringify(experiment),
  });
  const frame = {
    title: `Training with noise injected: ${phase}`,
    caption: `sigma ${firstSigma(experiment)}, data ${experiment.data.name}, seed ${experiment.seed}`,
  };
  await writeFigure(folder, "training", trainingCurves(frame, [runCurves(result)]));
  await writeNetworkFile(folder, result);
  await writeJson(folder, "summary.json", summary);
}

function described(
  { experiment, backend, dataset, phase, evidence, final, dose, controls, timing }: RunResult,
  prediction: PredictedBoundaries | null,
  asked: boolean,
): string {
  const near = evidence.closeTo ? `, close to ${evidence.closeTo}` : "";
  return [
    `phase: ${phaseName(phase)} (${evidence.reason}${near})`,
    ...(prediction ? predictedLines(experiment, phase, prediction) : []),
    ...(asked && !prediction
      ? ["predicted: nothing; the theory covers noise nodes under plain SGD only"]
      : []),
    table(
      ["", "start", "largest", "end"],
      [
        [
          "training loss",
          digits(evidence.lossStart),
          digits(evidence.lossMax),
          digits(evidence.lossEnd),
        ],
        ...niwRows(evidence),
      ],
    ),
    dataLine(dataset),
    `unperturbed loss ${digits(final.unperturbedLoss)}, test loss ${digits(final.testLoss)}, accuracy ${digits(final.trainAccuracy)} in training, ${digits(final.testAccuracy)} in the test`,
    ...(dose ? [doseLine(dose)] : []),
    ...controls.flatMap(targetLine),
    `${timing.steps} steps on ${backend.name} (${backend.flavour}; ${backend.why}), ${digits(timing.stepsPerSecond)} a second`,
  ].join("\n");
}

function doseLine({ paid, budget, ratio, why }: NonNullable<RunResult["dose"]>): string {
  const line = `dose paid ${digits(paid)}, budget ${digits(budget)}, ratio ${digits(ratio)}`;
  return why ? `${line} (${why})` : line;
}

/** Whether a controller reached its target; nothing for other schedules. */
function targetLine({ group, target }: RunResult["controls"][number]): string[] {
  if (!target) return [];
  return [`noise ${group}: ${target.why ?? `target held, ${digits(target.median)}`}`];
}

/** What happened to the noise weights, if it decided the phase. */
function niwRows(evidence: RunResult["evidence"]): string[][] {
  const { measure, niwStart, niwMax, niwEnd, memoryEnd } = evidence;
  if (measure === "loss") return [];
  const name = measure === "effective" ? "effective noise weight" : "noise weights' norm";
  const norm = [name, digits(niwStart), digits(niwMax), digits(niwEnd)];
  return measure === "memory" ? [norm, ["their memory", "1", "", digits(memoryEnd)]] : [norm];
}

/** The prediction, and what it leaves out. */
function predictedLines(
  experiment: Experiment,
  phase: RunResult["phase"],
  prediction: PredictedBoundaries,
): string[] {
  const supposes = constantNoiseSupposed(experiment);
  return [
    predictedLine(firstSigma(experiment), phase, prediction),
    ...(supposes ? [`the prediction supposes ${supposes}`] : []),
  ];
}

/** The prediction, with its verdict. */
function predictedLine(
  sigma: number,
  phase: RunResult["phase"],
  prediction: PredictedBoundaries,
): string {
  const { predicted, verdict } = phaseComparison(sigma, phase, prediction, true);
  const { decay, catapult, divergent } = prediction;
  const beyond = divergent ? `, divergence from ${shown(divergent)}` : "";
  return `predicted: ${predicted} (${verdict}); decay from sigma ${shown(decay)}, catapult from ${shown(catapult)}${beyond}`;
}
