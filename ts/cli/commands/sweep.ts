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
import { sweepSummary, sweepTable } from "../sweep/output.js";
import { checkFailures, runSweep } from "../sweep/runSweep.js";
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
    .option("--shard <i/n>", "make only part i (from 0) of n; `ninscope merge` merges the parts")
    .option(
      "--queue <url>",
      "let `ninscope worker` processes make the runs, over this Redis or Valkey server",
    )
    .addHelpText(
      "after",
      `
A sweep is an experiment with an additional field:
  { "sweep": { "noise.0.sigma": "0.01:100:30", "repeats": 4 } }
"a:b:n" means n values from a to b, logarithmically spaced ("a:b:n:linear": evenly); a list gives the values.
Fields named together change together: { "noise.0.sigma,epochs": [[1, 50], [10, 20]] }. "repeats" is the number
of seeds, which start from the experiment's seed. "refine": { "precision": 0.01 } adds runs until the boundaries
are known to 1 % in sigma. The sweep does not repeat runs that --out already holds.

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
          `--shard is ${options.shard}: sweep.refine needs the results of all runs; use only one of the two`,
        );
      }
      const files = dataFiles(voice, interrupt.signal);
      const { backend, fast } = await machineFor(plan, options);
      if (options.queue !== undefined && backend === "webgpu") {
        throw new InputError(
          "--backend",
          "--backend is webgpu: workers of a queue run on CPUs; takes auto, wasm or reference with --queue",
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

/** The sweep to run; with --resume and no file, the sweep in --out. */
async function sweepSpec(
  config: string | undefined,
  options: SweepCommandOptions,
): Promise<SweepInput> {
  const input = (await readLongConfig(config, options)) as SweepInput;
  if (options.resume && config === undefined && !input?.sweep) {
    throw new InputError(
      "--out",
      `--out is "${options.out}": it holds a single run, which \`ninscope train --resume\` continues`,
    );
  }
  // The planning of the sweep refuses input that is no object.
  return !isPlainObject(input) || input.sweep
    ? input
    : { ...input, sweep: { "noise.0.sigma": "0.1:100:13" } };
}

/** The machine to use; with --resume, unless the user names one, the machine that made the last run in --out. */
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
