import { type Command, InvalidArgumentError } from "commander";
import { dawn } from "../../backend/node/dawn.js";
import { InputError } from "../../errors/errors.js";
import type { Experiment } from "../../experiment/schema.js";
import { sweepRuns } from "../../experiment/sweep.js";
import { type ForecastOptions, forecast } from "../../forecast/forecast.js";
import type { Forecast } from "../../forecast/forecastResult.js";
import { canonicalJson } from "../../format/hash.js";
import { loadKernels } from "../../kernels/kernels.js";
import { isReducible } from "../../linear/linearPrediction.js";
import { probe } from "../../probe/probe.js";
import type { ProbeResult } from "../../probe/probeResult.js";
import { prepareFolder } from "../../store/node/openStore.js";
import type { Interrupt } from "../interrupt.js";
import { beginning, dataFiles, readConfig, voiceOf, withRun } from "../options.js";
import { type BystanderCommandOptions, bystanderCommand } from "../probe/bystanderOutput.js";
import { calibrationTable } from "../probe/calibration.js";
import { describedProbe, probeSummary, writeProbe } from "../probe/output.js";
import { ProgressBar, table } from "../terminal.js";

interface ProbeCommandOptions extends BystanderCommandOptions {
  readonly bystander?: boolean;
  readonly predict?: boolean;
}

export function probeCommand(program: Command, interrupt: Interrupt): void {
  withRun(program.command("probe"))
    .argument(
      "[config]",
      "JSON file of an experiment or a sweep; without one, a small run on built-in data",
    )
    .option("--samples <n>", "training samples for measuring the curvature (1000)", count)
    .option("--moments <n>", "number of observations, besides those of the first steps (40)", count)
    .option("--at <steps>", "observe before these updates instead, such as 0,10,400", steps)
    .option("--repeats <n>", "antithetic passes at each observation (8)", count)
    .option("--predict", "forecast the boundaries with more updates, for narrower intervals")
    .option(
      "--bystander",
      "attach noise nodes that do not disturb training, to an experiment without noise",
    )
    .option("--precision <p>", "with --bystander: relative error of a reading (0.1)", fraction)
    .option("--layer <l>", "with --bystander: weight layer to observe, from 0", layer)
    .addHelpText(
      "after",
      `
Examples:
  $ ninscope probe --set noise.0.sigma=5
  $ ninscope probe experiment.json --samples 2000 --out results/probe
  $ ninscope probe sweep.json --moments 4 --json | jq .calibration
  $ ninscope probe plain.json --bystander --precision 0.05 --out results/curvature`,
    )
    .action(async (config: string | undefined, options: ProbeCommandOptions) => {
      const voice = voiceOf(options);
      const given = await readConfig(config, options.set);
      if (options.bystander) return bystanderCommand(given, options, voice, interrupt);
      for (const name of ["precision", "layer"] as const) {
        if (options[name] === undefined) continue;
        throw new InputError(`--${name}`, `--${name} is ${options[name]}: it needs --bystander`);
      }
      const runs = sweepRuns(given);
      if (options.out) {
        const spec = runs.map(({ experiment }) => experiment);
        await prepareFolder(options.out, { spec, begin: beginning(options) });
      }
      const kernels = await loadKernels({ fast: options.fast });
      const progress = new ProgressBar("probe", voice);
      const results: ProbeResult[] = [];
      const files = dataFiles(voice, interrupt.signal);
      const { backend, at, samples, moments, repeats, predict } = options;
      const host = { kernels, backend, gpu: { source: dawn }, files, signal: interrupt.signal };
      const forecasts = new Forecasts({ ...host, effort: predict ? "sweep" : "run" });
      try {
        for (const { experiment } of runs) {
          results.push(
            await probe(experiment, {
              ...host,
              ...{ at, samples, moments, repeats },
              forecast: await forecasts.of(experiment),
              onProgress: ({ done, total, secondsLeft }) =>
                progress.report({
                  done: results.length + done / total,
                  total: runs.length,
                  what: "run",
                  secondsLeft: runs.length === 1 ? secondsLeft : null,
                }),
            }),
          );
        }
      } finally {
        progress.stop();
      }
      const fields = runs.map((run) => run.fields);
      const summary = probeSummary(results, fields);
      if (options.out) await writeProbe(options.out, results, summary);
      if (voice.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
      else process.stdout.write(`${described(results, summary)}\n`);
    });
}

/** The forecasts of a sweep's experiments. Those that differ in `sigma` alone share one. */
class Forecasts {
  readonly #made = new Map<string, Forecast>();
  readonly #options: ForecastOptions;

  constructor(options: ForecastOptions) {
    this.#options = options;
  }

  /** @returns undefined where a probe needs none: without noise, and for the linear model. */
  async of(experiment: Experiment): Promise<Forecast | undefined> {
    if (experiment.noise.every(({ sigma }) => sigma === 0) || isReducible(experiment)) return;
    const noise = experiment.noise.map((group) => ({ ...group, sigma: 1 }));
    const key = canonicalJson({ ...experiment, noise });
    const made = this.#made.get(key) ?? (await forecast(experiment, this.#options));
    this.#made.set(key, made);
    return made;
  }
}

function described(
  results: readonly ProbeResult[],
  { calibration }: ReturnType<typeof probeSummary>,
): string {
  const runs = results.map(describedProbe);
  if (!calibration) return runs.join("\n\n");
  const { head, rows } = calibrationTable(calibration);
  return [...runs, table(head, rows)].join("\n\n");
}

function steps(text: string): number[] {
  return text.split(",").map((part) => {
    const value = part.trim() === "" ? Number.NaN : Number(part);
    if (Number.isInteger(value) && value >= 0) return value;
    throw new InvalidArgumentError(
      "takes numbers of updates separated by commas, such as 0,10,400",
    );
  });
}

function fraction(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError("takes a number between 0 and 1");
  return value;
}

function layer(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) {
    throw new InvalidArgumentError("takes the number of a weight layer, from 0");
  }
  return value;
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new InvalidArgumentError("takes an integer of at least 1");
  }
  return value;
}
