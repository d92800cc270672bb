import { type Command, Option } from "commander";
import type { Interrupt } from "./interrupt.js";

/** A command. Its code is loaded when somebody calls it, because the code of all of them is most of the program. */
interface Listed {
  readonly name: string;
  readonly description: string;
  /** Its arguments, separated by spaces. */
  readonly usage: string;
  /** Whether it has options; default true. */
  readonly options?: boolean;
  /** Loads the function that adds the command to the command line. */
  readonly load: () => Promise<(program: Command, interrupt: Interrupt) => void>;
}

/** The commands, in the order of the help. */
export const COMMANDS: readonly Listed[] = [
  {
    name: "phases",
    usage: "",
    description: "find the phases of the linear model over sigma, by its exact recursion",
    load: async () => (await import("./commands/phases.js")).phasesCommand,
  },
  {
    name: "train",
    usage: "[config]",
    description: "train one network with noise, and print the phase of its training",
    load: async () => (await import("./commands/train.js")).trainCommand,
  },
  {
    name: "sweep",
    usage: "[config]",
    description:
      "train at many values of sigma (or of any fields) and seeds, and find the boundaries of the phases",
    load: async () => (await import("./commands/sweep.js")).sweepCommand,
  },
  {
    name: "worker",
    usage: "",
    description: "make the runs that `ninscope sweep --queue` puts into a queue, until Ctrl-C",
    load: async () => (await import("./commands/worker.js")).workerCommand,
  },
  {
    name: "merge",
    usage: "<folders...>",
    description: "merge the shards of a sweep",
    load: async () => (await import("./commands/merge.js")).mergeCommand,
  },
  {
    name: "forecast",
    usage: "[config]",
    description: "forecast where an experiment's phases change with sigma",
    load: async () => (await import("./commands/forecast.js")).forecastCommand,
  },
  {
    name: "probe",
    usage: "[config]",
    description:
      "train, and compare the readings of the noise weights with the curvature and its predictions",
    load: async () => (await import("./commands/probe.js")).probeCommand,
  },
  {
    name: "curvature",
    usage: "<checkpoint>",
    description: "measure the curvature of your own network at one layer, directly and by noise",
    load: async () => (await import("./commands/curvature.js")).curvatureCommand,
  },
  {
    name: "gauge",
    usage: "<log>",
    description: "read the phase, the curvature and the time scales of your own training loop",
    load: async () => (await import("./commands/gauge.js")).gaugeCommand,
  },
  {
    name: "robustness",
    usage: "<networks...>",
    description: "measure accuracy on corrupted images, under attacks and on other domains",
    load: async () => (await import("./commands/robustness.js")).robustnessCommand,
  },
  {
    name: "reproduce",
    usage: "<what>",
    description:
      "reproduce the paper's Figure 1 on Fashion-MNIST, and check its claims and predictions",
    load: async () => (await import("./commands/reproduce.js")).reproduceCommand,
  },
  {
    name: "png",
    usage: "<figures...>",
    description: "convert figures to PNG files in the same folder",
    load: async () => (await import("./commands/png.js")).pngCommand,
  },
  {
    name: "replay",
    usage: "<file>",
    description: "repeat another framework's run, number by number",
    load: async () => (await import("./commands/replay.js")).replayCommand,
  },
  {
    name: "data",
    usage: "",
    description: "list, fetch and check data sets known by name",
    options: false,
    load: async () => (await import("./commands/data.js")).dataCommand,
  },
  {
    name: "verify",
    usage: "[config]",
    description: "compare this host's machines with the float64 reference, and print the errors",
    load: async () => (await import("./commands/verify.js")).verifyCommand,
  },
  {
    name: "bench",
    usage: "",
    description: "time training steps on this host's CPU and GPU, and find where each is faster",
    load: async () => (await import("./commands/bench.js")).benchCommand,
  },
  {
    name: "demo",
    usage: "",
    description:
      "run two experiments: the phases of the linear model, and of a ReLU network on images",
    load: async () => (await import("./commands/demo.js")).demoCommand,
  },
  {
    name: "lab",
    usage: "",
    description: "open a page on which one watches the phases happen; Ctrl-C ends it",
    load: async () => (await import("./commands/lab.js")).labCommand,
  },
];

/**
 * Adds all commands to the command line: those that the arguments name as they are, the others by name and description
 * alone.
 */
export async function addCommands(
  program: Command,
  args: readonly string[],
  interrupt: Interrupt,
): Promise<void> {
  for (const { name, description, usage, options = true, load } of COMMANDS) {
    if (args.includes(name)) {
      const add = await load();
      add(program, interrupt);
      program.commands.find((command) => command.name() === name)?.description(description);
      continue;
    }
    const command = program.command(name).description(description);
    for (const argument of usage.split(" ").filter(Boolean)) command.argument(argument);
    if (options) command.addOption(new Option("--json").hideHelp());
  }
}
