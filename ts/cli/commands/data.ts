import type { Command } from "commander";
import type { NamedSet } from "../../data/load.js";
import { fetchSet } from "../../data/node/download.js";
import { checkSet, listSets } from "../../data/node/inventory.js";
import { KNOWN_SETS } from "../../data/node/sets.js";
import { InputError, RunError, shown } from "../../errors/errors.js";
import type { Interrupt } from "../interrupt.js";
import { type CommonOptions, folderOption, voiceOf, withVoice } from "../options.js";
import { ProgressBar, table } from "../terminal.js";
import { unknown } from "./help.js";

interface FetchCommandOptions extends CommonOptions {
  readonly folder?: string;
  readonly from?: string;
}

export function dataCommand(program: Command, interrupt: Interrupt): void {
  const data = program
    .command("data")
    .helpCommand(false)
    .addHelpText(
      "after",
      `
Own files are an experiment's data:
  $ ninscope train --set 'data={"name":"csv","path":"table.csv","target":"y","task":"regression"}'
  csv takes path, target, header, separator, decimal and ignore (columns that are no inputs); npz takes path, inputs and
  targets; npy takes inputs and targets; idx takes images and labels. All take task, classes, train and test.`,
    );

  withVoice(data.command("list", { isDefault: true }))
    .allowExcessArguments()
    .description("the data sets, and where they are on this machine")
    .action(async (options: CommonOptions, command: Command) => {
      // The default command is given what is no command, too.
      if (command.args.length > 0) unknown(data, command.args[0]);
      const sets = await listSets();
      if (options.json) return void process.stdout.write(`${JSON.stringify({ sets })}\n`);
      const rows = sets.map(({ name, title, folder }) => [
        name,
        folder ?? `not here: ninscope data fetch ${name}`,
        title,
      ]);
      process.stdout.write(`${table(["name", "where", "what"], rows)}\n`);
    });

  withVoice(data.command("fetch"))
    .argument("<name>", Object.keys(KNOWN_SETS).join(" or "))
    .description("download a data set, checked against its published SHA-256")
    .addOption(folderOption("--folder <dir>", "where to put it; default the cache"))
    .option("--from <url>", "another place that has the files")
    .action(async (name: string, options: FetchCommandOptions) => {
      const set = known(name);
      const progress = new ProgressBar("fetch", voiceOf(options));
      try {
        const folder = await fetchSet(set, {
          folder: options.folder,
          baseUrl: options.from === undefined ? undefined : url(options.from),
          signal: interrupt.signal,
          onProgress: (file, received, total) =>
            progress.update(total ? received / total : 0, file),
        });
        progress.stop();
        process.stdout.write(
          options.json ? `${JSON.stringify({ name: set, folder })}\n` : `${set} is in ${folder}\n`,
        );
      } finally {
        progress.stop();
      }
    });

  withVoice(data.command("check"))
    .argument("<name>", Object.keys(KNOWN_SETS).join(" or "))
    .description("compare a data set's files with their published SHA-256")
    .action(async (name: string, options: CommonOptions) => {
      const set = known(name);
      const folder = (await listSets()).find((status) => status.name === set)?.folder;
      if (!folder)
        throw new InputError(
          "NAME",
          `NAME is "${set}": it is not on this machine; \`ninscope data fetch ${set}\``,
        );
      const files = await checkSet(set, folder);
      if (options.json) process.stdout.write(`${JSON.stringify({ name: set, folder, files })}\n`);
      else
        process.stdout.write(
          `${folder}\n${table(
            ["file", "state"],
            files.map(({ file, state }) => [file, state]),
          )}\n`,
        );
      const wrong = files.filter(({ state }) => state === "wrong");
      if (wrong.length > 0)
        throw new RunError(`${wrong.map(({ file }) => file).join(", ")}: not the published file`);
    });
}

function known(name: string): NamedSet {
  if (name in KNOWN_SETS) return name as NamedSet;
  throw new InputError(
    "NAME",
    `NAME is ${shown(name)}: takes one of ${Object.keys(KNOWN_SETS).join(", ")}`,
  );
}

function url(text: string): string {
  try {
    return new URL(text.endsWith("/") ? text : `${text}/`).href;
  } catch {
    throw new InputError("--from", `--from is ${shown(text)}: takes a URL`);
  }
}
