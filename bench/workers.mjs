// Measures workers: the throughput of two workers and of one on a sweep of 64 runs of 784-256-256-256-10, the time that the
// pool adds to a run, and the memory of a worker over 5,000 runs. Run `npm run build` first.
// node bench/workers.mjs [throughput] [overhead] [memory]
import { spawnThread, sweep } from "../dist/node.js";

const wanted = process.argv.slice(2);
const asked = (name) => wanted.length === 0 || wanted.includes(name);
const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
const seconds = async (work) => {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
};

if (asked("throughput")) {
  const spec = {
    network: { layers: [256, 256, 256] },
    data: { name: "gaussian-mixture", inputs: 784, classes: 10, train: 2000, test: 200 },
    optimizer: { learningRate: 0.05, batchSize: 100 },
    epochs: 3,
    sweep: { "noise.0.sigma": "0.1:10:64" },
  };
  const took = { 1: [], 2: [] };
  // In turns, so that other load on the machine affects both.
  for (let round = 0; round < 3; round++) {
    for (const workers of [1, 2]) took[workers].push(await seconds(() => sweep(spec, { workers })));
  }
  const [one, two] = [median(took[1]), median(took[2])];
  console.log(
    `64 runs of 784-256-256-256-10: one worker ${one.toFixed(2)} s, two ${two.toFixed(2)} s`,
  );
  console.log(`two workers do ${(one / two).toFixed(2)} times as much as one`);
}

if (asked("overhead")) {
  // The runs are so short that the host's fluctuations, some per cent of a run, do not hide what the pool adds: sending the
  // job, and sending the result with the network's parameters.
  const runs = (n) => ({
    network: { layers: [256, 256, 256] },
    data: { name: "gaussian-mixture", inputs: 784, classes: 10, train: 200, test: 0 },
    optimizer: { learningRate: 0.05, batchSize: 100 },
    noise: [{ sigma: 1 }],
    epochs: 1,
    sweep: { "noise.0.sigma": Array.from({ length: n }, (_, i) => 1 + 0.01 * i) },
  });
  // The difference between many runs and few cancels the start of the pool.
  const [few, many] = [10, 90];
  const [here, pool] = [[], []];
  for (let round = 0; round < 9; round++) {
    for (const [workers, took] of [
      [0, here],
      [1, pool],
    ]) {
      const some = await seconds(() => sweep(runs(few), { workers }));
      const all = await seconds(() => sweep(runs(many), { workers }));
      took.push((1000 * (all - some)) / (many - few));
    }
  }
  const differences = pool.map((ms, i) => ms - here[i]);
  console.log(
    `a run of ${median(here).toFixed(1)} ms takes ${median(differences).toFixed(1)} ms longer in a pool (${differences.map((ms) => ms.toFixed(1)).join(", ")})`,
  );
}

if (asked("memory")) {
  const spec = {
    network: { layers: [64, 64] },
    data: { name: "gaussian-mixture", inputs: 64, classes: 4, train: 500, test: 100 },
    epochs: 2,
    sweep: { repeats: 5000 },
  };
  let made = 0;
  const rss = () => (process.memoryUsage().rss / 2 ** 20).toFixed(0);
  for await (const _ of sweep(spec, { workers: 1, spawn: spawnThread })) {
    if (++made % 500 === 0) console.log(`after ${made} runs: ${rss()} MiB`);
  }
}
