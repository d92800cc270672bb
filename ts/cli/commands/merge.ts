import { realpath } from "node:fs/promises";
import type { Command } from "commander";
import { InputError } from "../../errors/errors.js";
import { fileName } from "../../experiment/dataPaths.js";
import { type SweepInput, sweepPlan } from "../../experiment/sweep.js";
import { dataPaths, withDataPaths } from "../../experiment/sweepPaths.js";
import { canonicalJson } from "../../format/hash.js";
import { openStore, readSpec, readStore, writeSpec } from "../../store/node/openStore.js";
import type { RunSummary } from "../../store/runStore.js";
import type { Store } from "../../store/store.js";
import { refined } from "../../sweep/refine.js";
import { inOrder, type SweptSummary, summarised } from "../../sweep/sweepResult.js";
import type { Interrupt } from "../interrupt.js";
import { type CommonOptions, folderOption, voiceOf, withVoice } from "../options.js";
import { sweepSummary, sweepTable, writeSweep } from "../sweep/output.js";
import { foreseen } from "../sweep/runSweep.js";
import { sayer } from "../terminal.js";

interface MergeOptions extends CommonOptions {
  readonly out: string;
}

/** A run, and the folder that it comes from. */
interface Found {
  readonly folder: string;
  readonly run: RunSummary;
}

export function mergeCommand(program: Command, { signal }: Interrupt): void {
  withVoice(program.command("merge"))
    .argument("<folders...>", "folders with the shards of one sweep")
    .addOption(
      folderOption(
        "--out <dir>",
        "folder for the merged sweep; created if it does not exist",
      ).makeOptionMandatory(),
    )
    .addHelpText(
      "after",
      `
Example:
  $ for i in 0 1 2; do ninscope sweep sweep.json --shard $i/3 --out shards/$i; done
  $ ninscope merge shards/* --out results`,
    )
    .action(async (folders: string[], options: MergeOptions) => {
      const voice = voiceOf(options);
      const specs = await commonSpec(folders);
      const spec = specs[0];
      const store = await openStore(options.out, "--out", sayer(voice), {
        spec,
        begin: "on",
        adds: true,
      });
      try {
        // Runs that are already in --out count too. If a shard has the same run, the shard's run replaces it.
        const found = latest(options.out, store, spec, spec);
        const shards = await othersThan(options.out, folders);
        for (const folder of shards) {
          const shard = await readStore(folder);
          const own = specs[folders.indexOf(folder)];
          for (const [experiment, one] of latest(folder, shard, own, spec)) {
            found.set(experiment, one);
          }
          await shard.close();
        }
        const { runs, missing } = runsOf(spec, found);
        if (runs.length === 0) {
          throw new InputError("folders", `folders: ${folders.join(", ")} hold no finished run`);
        }
        refuseMixtures(runs, found);
        await writeSpec(options.out, spec);
        for (const folder of shards) await copyRuns(folder, runs, store, signal);
        const whole = await wholeOf(runs, store);
        const result = await foreseen(await summarised(whole), false);
        await store.check();
        await writeSweep(options.out, spec, result, store);
        const gaps = missing + runs.length - whole.length;
        if (voice.json)
          process.stdout.write(`${JSON.stringify({ ...sweepSummary(result), missing: gaps })}\n`);
        else process.stdout.write(`${sweepTable(result)}\n`);
        if (gaps > 0) {
          const are = gaps === 1 ? "1 run is" : `${gaps} runs are`;
          sayer(voice)(
            `${are} missing; \`ninscope sweep --resume --out ${options.out}\` makes them`,
          );
        }
      } finally {
        await store.close();
      }
    });
}

/**
 * The sweep of each folder. The sweeps must be equal, except for the paths of their data files, which may differ between
 * machines.
 * @throws InputError if they differ otherwise.
 */
async function commonSpec(folders: readonly string[]): Promise<SweepInput[]> {
  const specs = await Promise.all(folders.map((folder) => readSpec(folder, "folders")));
  const placeless = specs.map((spec) => canonicalJson(withDataPaths(spec, fileName)));
  const other = placeless.findIndex((spec) => spec !== placeless[0]);
  if (other >= 0) {
    throw new InputError(
      "folders",
      `folders: ${folders[other]} belongs to another sweep than ${folders[0]}; takes shards of one sweep`,
    );
  }
  return specs as SweepInput[];
}

/** The folders without the output folder: a second merge of `shards/*` may find it among them. */
async function othersThan(out: string, folders: readonly string[]): Promise<string[]> {
  const own = await realpath(out);
  const real = await Promise.all(folders.map((folder) => realpath(folder)));
  return folders.filter((_, i) => real[i] !== own);
}

/**
 * A folder's runs by their experiment. If the folder holds a run twice, for other data or from another machine, the last
 * one counts.
 * @param own the folder's sweep.
 * @param common the same sweep, with the data paths of the merged results.
 */
function latest(
  folder: string,
  store: Store,
  own: SweepInput,
  common: SweepInput,
): Map<string, Found> {
  const places = dataPaths(common);
  const moved = new Map(dataPaths(own).map((path, i) => [path, places[i]]));
  return new Map(
    store.keys().flatMap((key) => {
      const kept = store.get(key);
      if (!kept) return [];
      const experiment = withDataPaths(kept.experiment, (path) => moved.get(path) ?? path);
      return [[canonicalJson(experiment), { folder, run: { ...kept, experiment } }] as const];
    }),
  );
}

/** @throws InputError unless one machine made all runs, on the same data; otherwise they cannot be compared. */
function refuseMixtures(runs: readonly SweptSummary[], found: ReadonlyMap<string, Found>): void {
  const folderOf = (run: RunSummary) => found.get(canonicalJson(run.experiment))?.folder;
  const machineOf = ({ backend }: RunSummary) => `${backend.name} (${backend.flavour})`;
  const kernelsOf = ({ backend }: RunSummary) =>
    [backend.kernels ?? "none recorded", backend.shaders]
      .filter((of) => of !== undefined)
      .join("/");
  const refuse = (run: RunSummary, how: string, other: RunSummary, otherwise: string) => {
    throw new InputError(
      "folders",
      `folders: ${folderOf(run)} has runs made ${how}, ${folderOf(other)} ${otherwise}; takes shards made alike`,
    );
  };
  const [first] = runs;
  const firstOn = new Map<string, RunSummary>();
  for (const run of runs) {
    if (machineOf(run) !== machineOf(first)) {
      refuse(run, `by ${machineOf(run)}`, first, `by ${machineOf(first)}`);
    }
    if (kernelsOf(run) !== kernelsOf(first)) {
      refuse(run, `by kernels ${kernelsOf(run)}`, first, `by ${kernelsOf(first)}`);
    }
    const { name } = run.experiment.data;
    const spec = canonicalJson(run.experiment.data);
    const same = firstOn.get(spec) ?? run;
    firstOn.set(spec, same);
    if (run.data !== same.data) {
      const hash = ({ data }: RunSummary) => `${data?.slice(0, 16)}...`;
      refuse(run, `on data ${name} of SHA-256 ${hash(run)}`, same, `of ${hash(same)}`);
    }
  }
}

async function copyRuns(
  folder: string,
  runs: readonly SweptSummary[],
  into: Store,
  signal: AbortSignal,
): Promise<void> {
  const from = await readStore(folder);
  try {
    for (const { fields: _, ...run } of runs) {
      signal.throwIfAborted();
      const trajectory = await from.trajectory(run.key);
      if (trajectory) await into.put({ ...run, trajectory });
    }
  } finally {
    await from.close();
  }
}

/** The runs whose trajectories are in the store and undamaged. */
async function wholeOf(runs: readonly SweptSummary[], store: Store): Promise<SweptSummary[]> {
  const whole: SweptSummary[] = [];
  for (const run of runs) if (await store.trajectory(run.key)) whole.push(run);
  return whole;
}

/**
 * The runs of the sweep that were found, in order: those of the plan, then those that refinement added. Refinement decides
 * on new runs only when all earlier ones are there.
 */
function runsOf(
  spec: SweepInput,
  found: ReadonlyMap<string, Found>,
): { runs: SweptSummary[]; missing: number } {
  const { runs: planned, refine, at } = sweepPlan(spec);
  const runs: SweptSummary[] = [];
  let missing = 0;
  for (let round = planned; round.length > 0; ) {
    for (const { fields, experiment } of round) {
      const one = found.get(canonicalJson(experiment));
      if (one) runs.push({ ...one.run, fields });
      else missing++;
    }
    round = refine && missing === 0 ? refined(refine, runs).map(at) : [];
  }
  return { runs: inOrder(spec, runs), missing };
}
