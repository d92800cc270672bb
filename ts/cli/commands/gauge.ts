import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { readBytes } from "../../data/node/readBytes.js";
import { InputError, shown } from "../../errors/errors.js";
import type { GaugeLog } from "../../gauge/gaugeLog.js";
import { gaugeOf } from "../../gauge/gaugeOf.js";
import { JsonLog } from "../../gauge/jsonLog.js";
import { isZip, readGaugeLog } from "../../gauge/readGaugeLog.js";
import { prepareFolder, writeSpec } from "../../store/node/openStore.js";
import {
  describedGauge,
  type Gauged,
  gaugeLine,
  gaugeSummary,
  writeGauge,
} from "../gaugeOutput.js";
import { growingFile } from "../growingFile.js";
import type { Interrupt } from "../interrupt.js";
import { beginning, type CommonOptions, voiceOf, withOut, withVoice } from "../options.js";

interface GaugeOptions extends CommonOptions {
  readonly out?: string;
  readonly force?: boolean;
  readonly follow?: boolean;
  readonly last?: number;
}

export function gaugeCommand(program: Command, interrupt: Interrupt): void {
  withOut(withVoice(program.command("gauge")))
    .argument("<log>", "what a training loop logged of its noise nodes: an .npz file or JSON lines")
    .addOption(
      new Option("--follow", "print a line each time the log grows, until Ctrl-C").conflicts("out"),
    )
    .option("--last <n>", "steps that the curvature now is taken over", lastSteps)
    .addHelpText(
      "after",
      `
docs/gauge-log.md says what a log holds; examples/pytorch/noise_probe.py writes one.

Examples:
  $ ninscope gauge log.npz --out results/gauge
  $ ninscope gauge log.jsonl --follow`,
    )
    .action(async (path: string, options: GaugeOptions) => {
      const { out, last } = options;
      const voice = voiceOf(options);
      const gauged = (log: GaugeLog): Gauged => {
        return { path, log, result: gaugeOf(log.nodes, log.records, last) };
      };
      const print = (line: string) => process.stdout.write(`${line}\n`);
      const bytes = await readBytes(path, "LOG");
      if (options.follow) {
        if (isZip(bytes)) {
          throw new InputError(
            "--follow",
            `--follow takes a log of JSON lines: "${path}" is an .npz file, which is written only once`,
          );
        }
        for await (const log of growth(path, interrupt.signal)) {
          const found = gauged(log);
          print(voice.json ? JSON.stringify(gaugeSummary(found)) : gaugeLine(found));
        }
        return;
      }
      const spec = { command: "gauge", log: resolve(path), last: last ?? null };
      const found = gauged(readGaugeLog(bytes, path));
      if (out) {
        await prepareFolder(out, { spec, begin: beginning(options) });
        await writeSpec(out, spec);
        await writeGauge(out, found);
      }
      print(voice.json ? JSON.stringify(gaugeSummary(found)) : describedGauge(found));
    });
}

/** The whole log each time that it has further records, or another loop has begun it anew. */
async function* growth(path: string, signal: AbortSignal): AsyncGenerator<GaugeLog> {
  let log = new JsonLog(path);
  for await (const { bytes, anew } of growingFile(path, signal)) {
    if (anew) log = new JsonLog(path);
    const before = log.length;
    log.push(bytes);
    if (log.length > before) yield log.log();
  }
}

function lastSteps(text: string): number {
  const steps = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isSafeInteger(steps) && steps >= 1) return steps;
  throw new InputError("--last", `--last is ${shown(text)}: takes an integer of at least 1`);
}
