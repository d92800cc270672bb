import { join } from "node:path";
import type { Command } from "commander";
import * as v from "valibot";
import { PHASES } from "../../analysis/phase.js";
import type { BackendName } from "../../backend/machineFor.js";
import { dawn } from "../../backend/node/dawn.js";
import { readBytes } from "../../data/node/readBytes.js";
import { InputError } from "../../errors/errors.js";
import { parseExperiment } from "../../experiment/parse.js";
import { forecast } from "../../forecast/forecast.js";
import type { Forecast, ForecastBoundary } from "../../forecast/forecastResult.js";
import { forecastFigure, type MeasuredRun } from "../../report/forecastFigure.js";
import { prepareFolder, writeSpec } from "../../store/node/openStore.js";
import { writeFigure, writeJson } from "../../store/node/results.js";
import type { Interrupt } from "../interrupt.js";
import {
  beginning,
  type CommonOptions,
  dataFiles,
  folderOption,
  readConfig,
  voiceOf,
  withBackend,
  withOut,
  withSet,
  withVoice,
} from "../options.js";
import { digits, phaseName, table } from "../terminal.js";

/** What the summary of a sweep has to hold of its runs. */
const RUNS = v.array(
  v.object({
    "noise.0.sigma": v.number(),
    phase: v.picklist([...PHASES, "unclassified"]),
    evidence: v.object({ memoryEnd: v.nullish(v.number()) }),
  }),
);

interface ForecastCommandOptions extends CommonOptions {
  readonly set: readonly string[];
  readonly backend: BackendName;
  readonly fast?: boolean;
  readonly quick?: boolean;
  readonly out?: string;
  readonly force?: boolean;
  readonly measured?: string;
}

export function forecastCommand(program: Command, interrupt: Interrupt): void {
  withOut(withSet(withVoice(withBackend(program.command("forecast")))))
    .argument("[config]", "JSON file of an experiment; without one, a small run on built-in data")
    .option(
      "--quick",
      "make fewer updates (fewer than one run of 1,000 or more), with wider intervals",
    )
    .addOption(
      folderOption("--measured <dir>", "results of a sweep, to draw over the forecast in --out"),
    )
    .addHelpText(
      "after",
      `
It makes short runs of the experiment with other noise. The experiment's own sigma does not matter.

Examples:
  $ ninscope forecast
  $ ninscope forecast experiment.json --json | jq .boundaries.catapult
  $ ninscope forecast experiment.json --out results/forecast --measured results/sweep`,
    )
    .action(async (config: string | undefined, options: ForecastCommandOptions) => {
      const voice = voiceOf(options);
      const experiment = parseExperiment(await readConfig(config, options.set));
      const { out } = options;
      const measured = options.measured === undefined ? [] : await measuredRuns(options.measured);
      const spec = { command: "forecast", quick: options.quick ?? false, experiment };
      if (out) await prepareFolder(out, { spec, begin: beginning(options) });
      const found = await forecast(experiment, {
        backend: options.backend,
        fast: options.fast,
        gpu: { source: dawn },
        files: dataFiles(voice, interrupt.signal),
        signal: interrupt.signal,
        effort: options.quick ? "run" : "sweep",
      });
      if (out) {
        await writeSpec(out, spec);
        await writeJson(out, "summary.json", found);
        const { network, data, seed } = experiment;
        const title = "Where the phases change with sigma";
        const caption = `${network.activation} ${network.layers.join("-")}, ${data.name}, seed ${seed}`;
        const drawn = { title, caption, forecast: found, measured };
        await writeFigure(out, "forecast", forecastFigure(drawn));
      }
      process.stdout.write(`${voice.json ? JSON.stringify(found) : described(found)}\n`);
    });
}

/** @throws InputError if the folder holds no results of a sweep over `sigma`. */
async function measuredRuns(folder: string): Promise<MeasuredRun[]> {
  const path = join(folder, "summary.json");
  const text = new TextDecoder().decode(await readBytes(path, "--measured"));
  const fail = (why: string) => new InputError("--measured", `--measured: ${path} ${why}`);
  let runs: unknown;
  try {
    runs = JSON.parse(text).runs;
  } catch {
    throw fail("is no JSON");
  }
  const sound = v.safeParse(RUNS, runs);
  if (!sound.success) throw fail("holds no runs of a sweep over noise.0.sigma");
  return sound.output.map(({ "noise.0.sigma": sigma, phase, evidence }) => ({
    ...{ sigma, phase, memory: evidence.memoryEnd ?? Number.NaN },
  }));
}

function described({ boundaries, outward, cost, method, supposes }: Forecast): string {
  const row = (name: string, boundary: ForecastBoundary | null) =>
    boundary
      ? [name, digits(boundary.value), `${digits(boundary.low)} to ${digits(boundary.high)}`]
      : [name, "none found", ""];
  const rows = Object.entries(boundaries).map(([name, found]) => row(phaseName(name), found));
  if (outward) rows.push(row("outward", outward));
  const how =
    method === "recursion"
      ? "by the linear model's exact recursion"
      : `from ${cost.steps} updates of short runs and ${cost.gradientPasses - cost.steps} probe passes, in ${digits(cost.seconds)} s`;
  return [
    table(["phase", "from sigma", "95 % interval"], rows),
    ...(outward
      ? [
          "from the outward boundary on, noise weights overshoot and stay above their start: no catapult",
        ]
      : []),
    how,
    ...(supposes ? [`the forecast supposes ${supposes}`] : []),
  ].join("\n");
}
