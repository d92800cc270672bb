import { readFileSync } from "node:fs";
import { interruptible } from "./interrupt.js";

// A signal while the rest is still being loaded is answered like any other.
const interrupt = interruptible();

// The reader of standard error may go away: the work goes on, and its results are written as ever.
process.stderr.on("error", () => {});
// The reader of standard output may close it early (`| head`): that is no failure of this command.
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
// A GPU's driver keeps a process alive, and may crash one that ends by itself; what was written goes out first, and fails first.
process.stdout.write("", () => setImmediate(() => process.exit(code)));
