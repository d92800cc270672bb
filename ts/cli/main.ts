#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { interruptible } from "./interrupt.js";
import { runCli } from "./program.js";

// Whoever reads our output may close it early (`| head`): that is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) =>
  process.exit(error.code === "EPIPE" ? 0 : 1),
);
const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
process.exitCode = await runCli(
  process.argv.slice(2),
  JSON.parse(manifest).version,
  interruptible(),
);
