import { type Command, Option } from "commander";
import { dawn } from "../../backend/node/dawn.js";
import { loadDataset } from "../../data/load.js";
import { InputError, shown } from "../../errors/errors.js";
import { spawnThread, threadsHere } from "../../jobs/pool/node/spawn.js";
import { loadKernels } from "../../kernels/node/load.js";
import { Streams } from "../../random/streams.js";
import { robustnessFigure } from "../../report/robustnessFigure.js";
import { robustnessPlan } from "../../robustness/plan.js";
import { type RobustnessOptions, robustness } from "../../robustness/robustness.js";
import type { RobustnessResult } from "../../robustness/robustnessResult.js";
import { openMeasurements, writeSpec } from "../../store/node/openStore.js";
import { writeFigure, writeJson } from "../../store/node/results.js";
import type { Interrupt } from "../interrupt.js";
import {
  beginning,
  dataFiles,
  type RunOptions,
  voiceOf,
  withBackend,
  withOut,
  withSet,
  withVoice,
  withWorkers,
} from "../options.js";
import { type RobustnessFlags, settingsOf, withRobustness } from "../robustness/options.js";
import { robustnessSummary, robustnessTable } from "../robustness/output.js";
import { type NamedNetwork, namedNetworks, subjectsOf } from "../robustness/subjects.js";
import { readTestSet } from "../robustness/testSet.js";
import { ProgressBar, sayer } from "../terminal.js";

interface RobustnessCommandOptions extends RunOptions, RobustnessFlags {
  readonly config?: string;
  readonly layers?: string;
  readonly seeds: number;
  readonly testSet: readonly string[];
  readonly workers?: number;
  readonly resume?: boolean;
}

export function robustnessCommand(program: Command, interrupt: Interrupt): void {
  const command = withOut(withSet(withVoice(withBackend(program.command("robustness")))))
    .argument(
      "<networks...>",
      "each a JSON file of an experiment, a folder of `ninscope train --out`, or a safetensors file of Linear layers",
    )
    .addOption(
      new Option("--seeds <n>", "networks that are trained of each experiment (1)")
        .argParser(seedsOf)
        .default(1, "1"),
    )
    .option("--config <file>", "JSON file with the activation, loss and data of safetensors files")
    .option("--layers <names>", "their Linear layers in order, as `ninscope curvature` takes them")
    .option(
      "--test-set <data>",
      "other images: an .npz file with arrays X and y, or JSON like an experiment's data; may be repeated",
      (text: string, all: string[]) => [...all, text],
      [] as string[],
    );
  withWorkers(withRobustness(command))
    .addOption(new Option("--resume", "continue the interrupted work in --out").conflicts("force"))
    .addHelpText(
      "after",
      `
All networks and seeds see the same corrupted pixels. Differences are to the first network.

Examples:
  $ ninscope robustness experiment.json --seeds 3
  $ ninscope robustness none.json ninr.json dropout.json --seeds 3 --out results/robustness
  $ ninscope robustness model.safetensors --config experiment.json --corruptions fog,spatter --attacks none
  $ ninscope robustness mnist.json --test-set usps.npz --json | jq .shift`,
    )
    .action(async (paths: string[], options: RobustnessCommandOptions) => {
      if (options.resume && options.out === undefined) {
        throw new InputError("--resume", "--resume needs --out, the folder to continue");
      }
      const voice = voiceOf(options);
      const named = await namedNetworks(paths, options);
      const [{ experiment }] = named;
      const files = dataFiles(voice, interrupt.signal);
      const kernels = await loadKernels({ fast: options.fast });
      const streams = new Streams(kernels, experiment.seed);
      const data = await loadDataset(experiment.data, streams, files);
      const testSets = await Promise.all(
        options.testSet.map((text) => readTestSet(text, streams, files)),
      );
      const subjects = subjectsOf(named, data, options);
      const settings = { ...settingsOf(options), testSets };
      // What is wrong is refused before the folder is made, and before --force empties it.
      robustnessPlan(subjects, data, settings);
      const progress = new ProgressBar("robustness", voice);
      const measure = (store?: RobustnessOptions["store"]) =>
        robustness(subjects, data, {
          ...{ ...settings, backend: options.backend, gpu: { source: dawn } },
          ...{ workers: options.workers ?? threadsHere(), spawn: spawnThread },
          ...{ kernels, store },
          signal: interrupt.signal,
          onProgress: progress.report,
        }).finally(() => progress.stop());
      const result =
        options.out === undefined
          ? await measure()
          : await kept(options.out, named, options, measure);
      process.stdout.write(
        voice.json
          ? `${JSON.stringify(robustnessSummary(result))}\n`
          : `${robustnessTable(result)}\n`,
      );
    });
}

/** Measures with a folder that keeps all that is finished, and writes the results there. */
async function kept(
  out: string,
  named: readonly NamedNetwork[],
  options: RobustnessCommandOptions,
  measure: (store: RobustnessOptions["store"]) => Promise<RobustnessResult>,
): Promise<RobustnessResult> {
  const networks = named.map(({ name, experiment }) => ({ name, experiment }));
  const { seeds, testSet } = options;
  const spec = {
    command: "robustness",
    ...{ networks, seeds, testSet, settings: settingsOf(options) },
  };
  const say = sayer(voiceOf(options));
  const claim = { spec, begin: beginning(options) };
  const store = await openMeasurements(out, "--out", say, claim);
  try {
    await writeSpec(out, spec);
    const result = await measure(store);
    await store.check();
    const { experiment } = named[0];
    const caption = `${experiment.data.name}, ${result.settings.samples} test images, ${result.settings.attackSamples} of them attacked, ${seeds === 1 ? "1 seed" : `${seeds} seeds`}; bars: 95 %`;
    await writeFigure(
      out,
      "robustness",
      robustnessFigure({ title: "Robustness", caption, networks: result.networks }),
    );
    await writeJson(out, "summary.json", robustnessSummary(result));
    return result;
  } finally {
    await store.close();
  }
}

function seedsOf(text: string): number {
  const seeds = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isInteger(seeds) && seeds >= 1 && seeds <= 1000) return seeds;
  throw new InputError("--seeds", `--seeds is ${shown(text)}: takes an integer from 1 to 1000`);
}
