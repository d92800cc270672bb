import type { Command } from "commander";
import { dawn } from "../../backend/node/dawn.js";
import { type VerifyResult, verify } from "../../check/verify/verify.js";
import { RunError } from "../../errors/errors.js";
import type { ExperimentInput } from "../../experiment/schema.js";
import { loadKernels } from "../../kernels/kernels.js";
import type { Interrupt } from "../interrupt.js";
import {
  type CommonOptions,
  dataFiles,
  readConfig,
  voiceOf,
  withSet,
  withVoice,
} from "../options.js";
import { digits, ProgressBar, table } from "../terminal.js";

interface VerifyCommandOptions extends CommonOptions {
  readonly set: readonly string[];
}

export function verifyCommand(program: Command, interrupt: Interrupt): void {
  withSet(withVoice(program.command("verify")))
    .argument("[config]", "JSON file of an experiment; without one, a small network")
    .addHelpText(
      "after",
      `
It compares each operation of the experiment's program, the parameters after 1, 10 and 100 steps, and the phases of
the linear model. The exit code is 1 if an error exceeds its bound.

Examples:
  $ ninscope verify
  $ ninscope verify experiment.json --json | jq .passed`,
    )
    .action(async (config: string | undefined, options: VerifyCommandOptions) => {
      const voice = voiceOf(options);
      const given = config !== undefined || options.set.length > 0;
      const experiment = given
        ? ((await readConfig(config, options.set)) as ExperimentInput)
        : undefined;
      const progress = new ProgressBar("verify", voice);
      let done = 0;
      const result = await verify(experiment, {
        kernels: await loadKernels(),
        gpu: { source: dawn },
        files: dataFiles(voice, interrupt.signal),
        signal: interrupt.signal,
        onCheck: ({ name, backend }) => {
          done++;
          progress.update(1 - 1 / (1 + done / 100), `${name} on ${backend}`);
        },
      }).finally(() => progress.stop());
      if (voice.json) process.stdout.write(`${JSON.stringify(jsonOf(result))}\n`);
      else process.stdout.write(`${described(result)}\n`);
      const failed = result.checks.filter(({ passed }) => !passed).length;
      if (failed > 0) {
        throw new RunError(`${failed} of ${result.checks.length} checks exceed their bounds`);
      }
    });
}

function jsonOf({ backends, note, checks, passed }: VerifyResult) {
  return { backends: backends.map(({ name }) => name), machines: backends, note, checks, passed };
}

function described({ backends, note, checks, passed }: VerifyResult): string {
  const rows = checks.map((check) => [
    check.name,
    check.backend,
    digits(check.error),
    digits(check.bound),
    check.passed ? "ok" : "OUT OF BOUNDS",
  ]);
  return [
    table(["check", "backend", "error", "bound", ""], rows),
    ...(note === null ? [] : [note]),
    `${backends.map(({ name, flavour }) => `${name} (${flavour})`).join(", ")}: ${passed ? "all within bounds" : "not all within bounds"}`,
  ].join("\n");
}
