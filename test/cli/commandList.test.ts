import { Command } from "commander";
import { expect, test } from "vitest";
import { addCommands, COMMANDS } from "../../ts/cli/commandList.js";

const NEVER = { signal: new AbortController().signal } as never;

/** The help of the whole command line, where the code of the commands in `args` is loaded. */
async function help(args: readonly string[]): Promise<string> {
  const program = new Command("ninscope");
  await addCommands(program, args, NEVER);
  return program.helpInformation();
}

test("a command is listed as it shows itself once it is loaded", async () => {
  const listed = await help([]);
  for (const { name } of COMMANDS) expect(await help([name]), name).toBe(listed);
});

test("a command keeps its description in its own help", async () => {
  const program = new Command("ninscope");
  await addCommands(program, ["train"], NEVER);
  const train = program.commands.find((command) => command.name() === "train");
  expect(train?.helpInformation()).toContain("train one network with noise");
  expect(train?.options.length).toBeGreaterThan(5);
});
