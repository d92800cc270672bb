#!/usr/bin/env node
// This file runs on any Node since 12, so that an old one says what is wrong; it loads the rest only on one that can.
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
