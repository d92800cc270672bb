import { fileURLToPath } from "node:url";
import { type Command, Option } from "commander";
import { InputError, shown } from "../../errors/errors.js";
import type { Interrupt } from "../interrupt.js";
import { openBrowser } from "../lab/openBrowser.js";
import { servePage } from "../lab/pageServer.js";
import { type CommonOptions, voiceOf, withVoice } from "../options.js";

interface LabOptions extends CommonOptions {
  readonly port: number;
  readonly open: boolean;
}

const PORT = 4270;

export function labCommand(program: Command, interrupt: Interrupt): void {
  withVoice(program.command("lab"))
    .addOption(
      new Option("--port <n>", "port on 127.0.0.1; if it is taken, a free one is used")
        .argParser(portOf)
        .default(PORT),
    )
    .option("--no-open", "print the address, and open no browser")
    .addHelpText("after", "\nExample:\n  $ ninscope lab --no-open")
    .action(async (options: LabOptions) => {
      const voice = voiceOf(options);
      // The build puts the page beside the bundle of this file.
      const server = await servePage(
        fileURLToPath(new URL("./lab", import.meta.url)),
        options.port,
      );
      process.stdout.write(
        voice.json
          ? `${JSON.stringify({ url: server.url })}\n`
          : `The lab is at ${server.url}\nCtrl-C ends it.\n`,
      );
      if (options.open) openBrowser(server.url);
      await ended(interrupt.signal);
      await server.close();
    });
}

/** Waits for Ctrl-C, which is the usual end of this command and no failure. */
function ended(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true }),
  );
}

function portOf(text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65535) return port;
  throw new InputError("--port", `--port is ${shown(text)}: takes an integer from 0 to 65535`);
}
