import { readFileSync } from "node:fs";
import { interruptible } from "./interrupt.js";

// Signals are handled from here on, also while the rest is being loaded.
const interrupt = interruptible();

// The reader of standard error may go away; the work continues and writes its results.
process.stderr.on("error", () => {});
// The reader of standard output may close it early (`| head`); this is no failure of the command.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  const why = error.code === "ENOSPC" ? "the disk is full" : error.message;
  const line = `standard output could not be written: ${why}`;
  const json = process.argv.includes("--json");
  const said = json ? JSON.stringify({ error: line, field: null }) : `ninscope: ${line}`;
  process.stderr.write(`${said}\n`, () => process.exit(1));
});
const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
const { runCli } = await import("./program.js");
const code = await runCli(process.argv.slice(2), JSON.parse(manifest).version, interrupt);
// A GPU's driver keeps the process alive, and may crash it at a normal end. So the process exits explicitly, after standard
// output has been flushed or has failed.
process.stdout.write("", () => setImmediate(() => process.exit(code)));
