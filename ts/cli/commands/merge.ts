import type { Command } from "commander";
import { InputError } from "../../errors/errors.js";
import { type SweepInput, sweepPlan } from "../../experiment/sweep.js";
import { canonicalJson } from "../../run/hash.js";
import { openStore, readSpec, writeSpec } from "../../run/node/openStore.js";
import { refined } from "../../run/refine.js";
import type { Store } from "../../run/store/store.js";
import { inOrder, type SweptSummary, summarised } from "../../run/sweepResult.js";
import { type CommonOptions, voiceOf, withVoice } from "../options.js";
import { sweepSummary, sweepTable, writeSweep } from "../sweepOutput.js";

interface MergeOptions extends CommonOptions {
  readonly out: string;
}

export function mergeCommand(program: Command): void {
  withVoice(program.command("merge"))
    .argument("<folders...>", "folders that shards of one sweep wrote")
    .requiredOption("--out <dir>", "folder for all of it; made if it is not there")
    .description("put the shards of a sweep together")
    .addHelpText(
      "after",
      `
Example:
  $ for i in 0 1 2; do ninscope sweep sweep.json --shard $i/3 --out shards/$i; done
  $ ninscope merge shards/* --out results`,
    )
    .action(async (folders: string[], options: MergeOptions) => {
      const voice = voiceOf(options);
      const spec = await commonSpec(folders);
      const store = await openStore(options.out, "--out");
      try {
        await writeSpec(options.out, spec);
        for (const folder of folders) await copyRuns(folder, store);
        const { runs, missing } = runsOf(spec, store);
        if (runs.length === 0) {
          throw new InputError(
            "folders",
            `folders: there is no finished run in ${folders.join(", ")}`,
          );
        }
        const result = await summarised(runs);
        await writeSweep(options.out, spec, result, store);
        if (voice.json)
          process.stdout.write(`${JSON.stringify({ ...sweepSummary(result), missing })}\n`);
        else process.stdout.write(`${sweepTable(result)}\n`);
        if (missing > 0 && !voice.quiet) {
          process.stderr.write(
            `${missing === 1 ? "1 run is" : `${missing} runs are`} missing; \`ninscope sweep --resume --out ${options.out}\` goes on from there\n`,
          );
        }
      } finally {
        await store.close();
      }
    });
}

/** @throws InputError if the folders are of different sweeps. */
async function commonSpec(folders: readonly string[]): Promise<SweepInput> {
  const specs = await Promise.all(folders.map((folder) => readSpec(folder, "folders")));
  const other = specs.findIndex((spec) => canonicalJson(spec) !== canonicalJson(specs[0]));
  if (other >= 0) {
    throw new InputError(
      "folders",
      `folders: ${folders[other]} is of another sweep than ${folders[0]}; takes shards of one`,
    );
  }
  return specs[0] as SweepInput;
}

async function copyRuns(folder: string, into: Store): Promise<void> {
  const from = await openStore(folder, "folders");
  try {
    for (const key of from.keys()) {
      const [summary, trajectory] = [from.get(key), await from.trajectory(key)];
      if (summary && trajectory) await into.put({ ...summary, trajectory });
    }
  } finally {
    await from.close();
  }
}

/**
 * The sweep's runs that the store has, in their order: those of the plan, and those that refinement asks for after
 * them. What it asks for next is not known before all that it asked for is there.
 */
function runsOf(spec: SweepInput, store: Store): { runs: SweptSummary[]; missing: number } {
  const kept = new Map(
    store.keys().flatMap((key) => {
      const run = store.get(key);
      return run ? [[canonicalJson(run.experiment), run] as const] : [];
    }),
  );
  const { runs: planned, refine, at } = sweepPlan(spec);
  const runs: SweptSummary[] = [];
  let missing = 0;
  for (let round = planned; round.length > 0; ) {
    for (const { fields, experiment } of round) {
      const run = kept.get(canonicalJson(experiment));
      if (run) runs.push({ ...run, fields });
      else missing++;
    }
    round = refine && missing === 0 ? refined(refine, runs).map(at) : [];
  }
  return { runs: inOrder(spec, runs), missing };
}
