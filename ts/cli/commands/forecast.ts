import type { Command } from "commander";
import type { BackendName } from "../../backend/machineFor.js";
import { dawn } from "../../backend/node/dawn.js";
import type { ExperimentInput } from "../../experiment/schema.js";
import { forecast } from "../../forecast/forecast.js";
import type { Forecast, ForecastBoundary } from "../../forecast/forecastResult.js";
import type { Interrupt } from "../interrupt.js";
import {
  type CommonOptions,
  dataFiles,
  readConfig,
  voiceOf,
  withBackend,
  withSet,
  withVoice,
} from "../options.js";
import { digits, phaseName, table } from "../terminal.js";

interface ForecastCommandOptions extends CommonOptions {
  readonly set: readonly string[];
  readonly backend: BackendName;
  readonly fast?: boolean;
  readonly quick?: boolean;
}

export function forecastCommand(program: Command, interrupt: Interrupt): void {
  withSet(withVoice(withBackend(program.command("forecast"))))
    .argument("[config]", "JSON file of an experiment; without one, a small run on built-in data")
    .description("forecast where an experiment's phases change with sigma")
    .option("--quick", "take less time than one run, with wider intervals")
    .addHelpText(
      "after",
      `
It makes short runs of the experiment with other noise. The experiment's own sigma does not matter.

Examples:
  $ ninscope forecast
  $ ninscope forecast experiment.json --json | jq .boundaries.catapult`,
    )
    .action(async (config: string | undefined, options: ForecastCommandOptions) => {
      const voice = voiceOf(options);
      const experiment = (await readConfig(config, options.set)) as ExperimentInput;
      const found = await forecast(experiment, {
        backend: options.backend,
        fast: options.fast,
        gpu: { source: dawn },
        files: dataFiles(voice, interrupt.signal),
        signal: interrupt.signal,
        effort: options.quick ? "run" : "sweep",
      });
      process.stdout.write(`${voice.json ? JSON.stringify(found) : described(found)}\n`);
    });
}

function described({ boundaries, outward, cost, method }: Forecast): string {
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
  ].join("\n");
}
