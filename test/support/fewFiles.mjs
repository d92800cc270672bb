// A process that cannot open any more files while it keeps a run; prints what came of each step.
import { closeSync, openSync } from "node:fs";
import { openStore, sweep } from "../../dist/node.js";

const folder = process.argv[2];
const made = await sweep(
  {
    network: { layers: [4] },
    data: { name: "gaussian-mixture", inputs: 2, classes: 2, train: 20, test: 0 },
    optimizer: { batchSize: 10 },
    epochs: 1,
    sweep: { "noise.0.sigma": [1, 2, 3] },
  },
  { workers: 0 },
);
const [first, second, third] = made.runs.map(({ fields: _, ...run }) => run);

/** Opens what may still be opened, and gives it back when `work` is done. */
async function withoutFiles(work) {
  const opened = [];
  try {
    for (;;) opened.push(openSync("/dev/null"));
  } catch (error) {
    if (error.code !== "EMFILE") throw error;
  }
  const outcome = await work().then(
    () => "done",
    (error) => `${error.name}: ${error.message}`,
  );
  for (const file of opened) closeSync(file);
  return outcome;
}

const store = await openStore(folder);
const outcomes = [
  // Nothing is open but the lock.
  await withoutFiles(() => store.put(first)),
  await store.put(first).then(() => "done"),
  // All is open that an append needs.
  await withoutFiles(() => store.put(second)),
  await store.put(third).then(() => "done"),
];
await store.close();
const again = await openStore(folder);
const kept = await Promise.all(made.runs.map(({ key }) => again.trajectory(key)));
await again.close();
console.log(JSON.stringify({ outcomes, kept: kept.map((trajectory) => trajectory !== null) }));
