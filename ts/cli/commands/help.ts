import { type Command, Option } from "commander";

/** `ninscope help [command...]`: as `--help`, but a command that is not there is refused. */
export function helpCommand(program: Command): void {
  program
    .command("help")
    .argument("[command...]", "such as train, or data fetch")
    .description("explain a command")
    .addOption(new Option("--json").hideHelp())
    .addHelpText("after", "\nExample:\n  $ ninscope help data fetch")
    .action((names: string[]) => {
      const explained = names.reduce(
        (command, name) =>
          command.commands.find((one) => one.name() === name) ?? unknown(command, name),
        program,
      );
      explained.outputHelp();
    });
}

/** Refuses a command's argument that should name one of its own commands. */
export function unknown(command: Command, name: string): never {
  const known = command.commands.map((one) => one.name()).join(", ");
  const takes = known === "" ? "has no commands" : `takes one of ${known}`;
  return command.error(`error: unknown command '${name}': ${command.name()} ${takes}`);
}
