import type { Command } from "commander";
import type { BackendName } from "../../backend/machineFor.js";
import { dawn } from "../../backend/node/dawn.js";
import { InputError } from "../../errors/errors.js";
import { parseShard } from "../../experiment/shard.js";
import { type SweepInput, type SweepPlan, sweepPlan } from "../../experiment/sweep.js";
import { canonicalJson } from "../../format/hash.js";
import { QueueRunner } from "../../jobs/node/queue/queueRunner.js";
import { loadKernels } from "../../kernels/node/load.js";
import { isPlainObject } from "../../schema/plainObject.js";
import { readStore } from "../../store/node/openStore.js";
import type { Interrupt } from "../interrupt.js";
import {
  beginning,
  dataFiles,
  type LongRunOptions,
  predictOption,
  readLongConfig,
  voiceOf,
  withLongRun,
  withWorkers,
} from "../options.js";
import { checkFailures, runSweep } from "../runSweep.js";
import { sweepSummary, sweepTable } from "../sweepOutput.js";
import { sayer } from "../terminal.js";

interface SweepCommandOptions extends LongRunOptions {
  readonly workers?: number;
  readonly shard?: string;
  readonly queue?: string;
  readonly predict?: boolean;
}

export function sweepCommand(program: Command, interrupt: Interrupt): void {
  withWorkers(withLongRun(program.command("sweep")))
    .argument(
      "[config]",
      'JSON file of an experiment with a "sweep" of fields; without one, sigma is swept',
    )
    .addOption(predictOption())
    .option("--shard <i/n>", "make only part i (from 0) of n; `ninscope merge` puts them together")
    .option(
      "--queue <url>",
      "have the runs made by `ninscope worker`s on this Redis or Valkey server",
    )
    .description(
      "train over a range of sigma (or any other fields) and seeds, and find the phases' boundaries",
    )
    .addHelpText(
      "after",
      `
A sweep is an experiment with one field more:
  { "sweep": { "noise.0.sigma": "0.01:100:30", "repeats": 4 } }
"a:b:n" stands for n values from a to b, logarithmically spaced ("a:b:n:linear": evenly); a list stands for
itself. Fields named together change together: { "noise.0.sigma,epochs": [[1, 50], [10, 20]] }. "repeats" takes
so many seeds, from the experiment's on. "refine": { "precision": 0.01 } adds runs until the boundaries are
known to 1 % in sigma. Runs that --out holds already are not made again.

Examples:
  $ ninscope sweep experiment.json --out results/sweep
  $ ninscope sweep --resume --out results/sweep
  $ ninscope sweep --set epochs=10 --set 'sweep={"noise.0.sigma":"0.1:100:7"}'`,
    )
    .action(async (config: string | undefined, options: SweepCommandOptions) => {
      const voice = voiceOf(options);
      const spec = await sweepSpec(config, options);
      const plan = sweepPlan(spec);
      const shard = options.shard === undefined ? undefined : parseShard("--shard", options.shard);
      if (shard && plan.refine) {
        throw new InputError(
          "--shard",
          `--shard is ${options.shard}: sweep.refine needs the results of all runs; take one of the two`,
        );
      }
      const files = dataFiles(voice, interrupt.signal);
      const { backend, fast } = await machineFor(plan, options);
      if (options.queue !== undefined && backend === "webgpu") {
        throw new InputError(
          "--backend",
          "--backend is webgpu: a queue's workers are CPUs; takes auto, wasm or reference with --queue",
        );
      }
      const kernels = await loadKernels({ fast });
      const runner =
        options.queue === undefined
          ? undefined
          : await QueueRunner.open(options.queue, kernels, files, sayer(voice));
      const hooks = {
        backend,
        gpu: { source: dawn },
        kernels,
        files,
        runner,
        signal: interrupt.signal,
        checkpointEvery: options.checkpointEvery,
        ...(options.workers !== undefined && { workers: options.workers }),
        shard,
      };
      const result = await runSweep(
        spec,
        { out: options.out, begin: beginning(options) },
        voice,
        hooks,
        options.predict,
      ).finally(() => runner?.dispose());
      if (voice.json) process.stdout.write(`${JSON.stringify(sweepSummary(result))}\n`);
      else process.stdout.write(`${sweepTable(result)}\n`);
      checkFailures(result);
    });
}

/** The sweep asked for; with --resume and no file, the one that is in --out. */
async function sweepSpec(
  config: string | undefined,
  options: SweepCommandOptions,
): Promise<SweepInput> {
  const input = (await readLongConfig(config, options)) as SweepInput;
  if (options.resume && config === undefined && !input?.sweep) {
    throw new InputError(
      "--out",
      `--out is "${options.out}": it holds a single run, with which \`ninscope train --resume\` goes on`,
    );
  }
  // What is no object is refused where the sweep is planned.
  return !isPlainObject(input) || input.sweep
    ? input
    : { ...input, sweep: { "noise.0.sigma": "0.1:100:13" } };
}

/** The machine asked for; with --resume, and unless another is asked for, the one that made the last run in --out. */
async function machineFor(
  { runs }: SweepPlan,
  { resume, out = "", backend, fast }: SweepCommandOptions,
): Promise<{ backend: BackendName; fast: boolean | undefined }> {
  if (!resume || backend !== "auto" || fast) return { backend, fast };
  const store = await readStore(out);
  try {
    const planned = new Set(runs.map(({ experiment }) => canonicalJson(experiment)));
    for (const key of store.keys().reverse()) {
      const run = store.get(key);
      if (!run || !planned.has(canonicalJson(run.experiment))) continue;
      const { name, flavour } = run.backend;
      return { backend: name as BackendName, fast: flavour === "relaxed" };
    }
    return { backend, fast };
  } finally {
    await store.close();
  }
}
