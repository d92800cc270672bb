// A process to be killed: makes a sweep into a folder, now and then ending one of its own workers in mid-run.
// node soakSweep.mjs SPEC FOLDER WORKER_KILLS; prints the results' hash.
import { readFileSync } from "node:fs";
import { openStore, spawnThread, sweep } from "../../dist/node.js";

const [spec, folder, kills] = process.argv.slice(2);
const alive = new Set();
const spawn = () => {
  const worker = spawnThread();
  alive.add(worker);
  worker.on("exit", () => alive.delete(worker));
  return worker;
};
let left = Number(kills);
const killer = setInterval(() => {
  const [worker] = alive;
  if (!worker || left === 0) return;
  left--;
  process.stderr.write("x");
  worker.terminate();
}, 150);
const store = await openStore(folder);
const options = { store, spawn, workers: 2, checkpointEvery: 0 };
const { resultsHash } = await sweep(JSON.parse(readFileSync(spec, "utf8")), options);
clearInterval(killer);
await store.close();
process.stdout.write(`${resultsHash}\n`);
