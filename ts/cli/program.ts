import { Command, CommanderError } from "commander";
import { InputError, RunError } from "../errors/errors.js";
import { benchCommand } from "./commands/bench.js";
import { curvatureCommand } from "./commands/curvature.js";
import { dataCommand } from "./commands/data.js";
import { demoCommand } from "./commands/demo.js";
import { forecastCommand } from "./commands/forecast.js";
import { gaugeCommand } from "./commands/gauge.js";
import { helpCommand } from "./commands/help.js";
import { labCommand } from "./commands/lab.js";
import { mergeCommand } from "./commands/merge.js";
import { phasesCommand } from "./commands/phases.js";
import { pngCommand } from "./commands/png.js";
import { probeCommand } from "./commands/probe.js";
import { replayCommand } from "./commands/replay.js";
import { reproduceCommand } from "./commands/reproduce.js";
import { robustnessCommand } from "./commands/robustness.js";
import { sweepCommand } from "./commands/sweep.js";
import { trainCommand } from "./commands/train.js";
import { verifyCommand } from "./commands/verify.js";
import { workerCommand } from "./commands/worker.js";
import { type Interrupt, Interrupted } from "./interrupt.js";

const BAD_INPUT = 2;
const FAILED = 1;
const INTERRUPTED = 130;

/**
 * Prints an error as one line on standard error, or as one JSON object with `--json`.
 * @returns the exit code, which tells the kind of failure.
 */
function report(error: unknown, json: boolean): number {
  const { message, field, code } = described(error);
  const line = message.replace(/\s*\n\s*/g, " ");
  process.stderr.write(
    json ? `${JSON.stringify({ error: line, field })}\n` : `ninscope: ${line}\n`,
  );
  return code;
}

function described(error: unknown): { message: string; field: string | null; code: number } {
  if (error instanceof InputError)
    return { message: error.message, field: error.field, code: BAD_INPUT };
  if (error instanceof CommanderError) return { ...refused(error), code: BAD_INPUT };
  if (error instanceof Interrupted)
    return { message: error.message, field: null, code: INTERRUPTED };
  if (error instanceof RunError) return { message: error.message, field: null, code: FAILED };
  const message = error instanceof Error ? error.message : String(error);
  return {
    message: `${message} (this is a bug in ninscope; please report it)`,
    field: null,
    code: FAILED,
  };
}

/** An error of the command line's parser; `field` is the option or the argument that its message names. */
function refused({ code, message }: CommanderError): { message: string; field: string | null } {
  const plain = message.replace(/^error: /, "").replace(/^missing required/, "missing");
  const option = /'(?:-\w, )?(--[\w-]+)|'(--?[\w-]+)'/.exec(plain);
  const argument = /^missing argument '([\w-]+)'|argument '([\w-]+)'/.exec(plain);
  const name = argument?.[1] ?? argument?.[2];
  const next = code === "commander.unknownCommand" ? "; `ninscope help` lists them" : "";
  return {
    message: `${plain}${next}`,
    field: option?.[1] ?? option?.[2] ?? (name ? argumentField(name) : null),
  };
}

/** The name of an argument in errors: in capitals; for a list of arguments its plural, in lower case. */
function argumentField(name: string): string {
  return name.endsWith("s") ? name : name.toUpperCase();
}

/**
 * The command line: runs `args` and returns the exit code.
 * @param version what `--version` prints.
 */
export async function runCli(
  args: readonly string[],
  version: string,
  interrupt: Interrupt,
): Promise<number> {
  const program = new Command("ninscope")
    .description(
      "A probe of learning dynamics: noise injection nodes add noise to a network. As the noise grows, training\npasses through four phases: decoupled, decay, catapult, divergent (arXiv:2210.13599).",
    )
    .version(version)
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeErr: () => {}, outputError: () => {} })
    .addHelpText(
      "after",
      `
First steps:
  $ ninscope demo                          run two experiments and draw their figures, in about half a minute
  $ ninscope lab                           watch the phases happen, in your browser
  $ ninscope phases                        find the linear model's four phases, in a second or two
  $ ninscope train --set noise.0.sigma=5   train one network

Exit codes: 0 success, 1 the run failed, 2 bad input, 130 interrupted.`,
    );
  phasesCommand(program, interrupt);
  trainCommand(program, interrupt);
  sweepCommand(program, interrupt);
  workerCommand(program, interrupt);
  mergeCommand(program, interrupt);
  forecastCommand(program, interrupt);
  probeCommand(program, interrupt);
  curvatureCommand(program, interrupt);
  gaugeCommand(program, interrupt);
  robustnessCommand(program, interrupt);
  reproduceCommand(program, interrupt);
  pngCommand(program);
  replayCommand(program);
  dataCommand(program, interrupt);
  verifyCommand(program, interrupt);
  benchCommand(program, interrupt);
  demoCommand(program, interrupt);
  labCommand(program, interrupt);
  helpCommand(program);
  if (args.length === 0) {
    program.outputHelp();
    return 0;
  }
  try {
    await program.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    return report(error, args.includes("--json"));
  }
}
