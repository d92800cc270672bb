import { readFileSync } from "node:fs";
import { interruptible } from "./interrupt.js";

// A signal while the rest is still being loaded is answered like any other.
const interrupt = interruptible();

// Whoever reads our output may close it early (`| head`): that is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) =>
  process.exit(error.code === "EPIPE" ? 0 : 1),
);
const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
const { runCli } = await import("./program.js");
const code = await runCli(process.argv.slice(2), JSON.parse(manifest).version, interrupt);
// A GPU's driver keeps a process alive, and may crash one that ends by itself; what was written goes out first, and fails first.
process.stdout.write("", () => setImmediate(() => process.exit(code)));
