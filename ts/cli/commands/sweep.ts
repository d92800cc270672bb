import type { Command } from "commander";
import { dawn } from "../../backend/node/dawn.js";
import type { SweepInput } from "../../experiment/sweep.js";
import { firstSigma, sweepRuns } from "../../experiment/sweep.js";
import { openFolder, writeFigure, writeJson, writeTrajectories } from "../../run/node/results.js";
import { type SweepResult, type SweptRun, sweep } from "../../run/sweep.js";
import type { Interrupt } from "../interrupt.js";
import { dataFiles, type RunOptions, readConfig, voiceOf, withRun } from "../options.js";
import { onePerPhase, sweepFigures } from "../sweepFigures.js";
import { digits, Progress, phaseName, table } from "../terminal.js";

export function sweepCommand(program: Command, interrupt: Interrupt): void {
  withRun(program.command("sweep"))
    .argument(
      "[config]",
      'JSON file of an experiment with a "sweep" of fields; without one, sigma is swept',
    )
    .description(
      "train over a range of sigma (or any other fields) and seeds, and find the phases' boundaries",
    )
    .addHelpText(
      "after",
      `
A sweep is an experiment with one field more:
  { "sweep": { "noise.0.sigma": "0.01:100:30", "seed": [0, 1, 2, 3] } }
"a:b:n" stands for n values from a to b, logarithmically spaced.

Examples:
  $ ninscope sweep experiment.json --out results/sweep
  $ ninscope sweep --set epochs=10 --set 'sweep={"noise.0.sigma":"0.1:100:7"}'`,
    )
    .action(async (config: string | undefined, options: RunOptions) => {
      const voice = voiceOf(options);
      const input = (await readConfig(config, options.set)) as SweepInput;
      const spec = input?.sweep ? input : { ...input, sweep: { "noise.0.sigma": "0.1:100:13" } };
      sweepRuns(spec);
      if (options.out) await openFolder(options.out);
      const progress = new Progress("sweep", voice);
      let result: SweepResult;
      try {
        result = await sweep(spec, {
          backend: options.backend,
          fast: options.fast,
          gpu: { source: dawn },
          files: dataFiles(voice, interrupt.signal),
          signal: interrupt.signal,
          onProgress: ({ run, runs, fraction }) =>
            progress.update((run + fraction) / runs, `run ${run + 1} of ${runs}`),
        });
      } finally {
        progress.stop();
      }
      const summary = sweepSummary(result);
      if (options.out) await writeSweep(options.out, spec, result, summary);
      if (voice.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
      else process.stdout.write(`${sweepTable(result)}\n`);
    });
}

/** The command line's JSON for a sweep. */
export function sweepSummary({ runs, boundaries, resultsHash }: SweepResult) {
  return {
    runs: runs.map(({ fields, backend, phase, evidence, final, timing }) => ({
      ...fields,
      backend: backend.name,
      flavour: backend.flavour,
      phase,
      evidence,
      final,
      timing,
    })),
    boundaries,
    resultsHash,
  };
}

export async function writeSweep(
  folder: string,
  spec: unknown,
  result: SweepResult,
  summary: object,
): Promise<void> {
  await writeJson(folder, "experiment.json", spec);
  await writeTrajectories(folder, result.runs, { experiment: JSON.stringify(spec) });
  for (const [name, svg] of Object.entries(sweepFigures(result)))
    await writeFigure(folder, name, svg);
  await writeJson(folder, "summary.json", summary);
}

/** A line a run where there are few; otherwise one for each phase. */
export function sweepTable(result: SweepResult): string {
  const runs = result.runs.length <= 40 ? result.runs : onePerPhase(result.runs);
  const fields = Object.keys(runs[0].fields);
  const row = ({ fields: values, experiment, phase, evidence, final }: SweptRun) => [
    ...(fields.length > 0
      ? fields.map((f) => shownValue(values[f]))
      : [digits(firstSigma(experiment))]),
    phaseName(phase),
    digits(final.unperturbedLoss),
    digits(final.testLoss),
    digits(final.testAccuracy),
    `${digits(evidence.niwStart)} → ${digits(evidence.niwEnd)}`,
  ];
  const head = [
    ...(fields.length > 0 ? fields : ["sigma"]),
    "phase",
    "loss",
    "test loss",
    "test accuracy",
    "noise weights",
  ];
  const edges = Object.entries(result.boundaries).map(([name, { measured, bracket }]) =>
    measured && bracket
      ? `${name} from sigma ${digits(measured)} (between ${digits(bracket[0])} and ${digits(bracket[1])})`
      : `${name}: not crossed`,
  );
  return [table(head, runs.map(row)), edges.join("; ")].join("\n");
}

function shownValue(value: unknown): string {
  return typeof value === "number" ? digits(value) : JSON.stringify(value);
}
