#!/usr/bin/env node
// This file runs on Node 12 and newer, so that an old Node prints an error; it loads the rest only on a supported one.
const OLDEST = 20;

if (Number.parseInt(process.versions.node, 10) < OLDEST) {
  const error = `needs Node ${OLDEST} or newer; this is ${process.versions.node}`;
  const json = process.argv.includes("--json");
  process.stderr.write(`${json ? JSON.stringify({ error, field: null }) : `ninscope: ${error}`}\n`);
  process.exitCode = 1;
} else {
  import("./main.js");
}

export {};
