// What workers give: the throughput of two against one on a sweep of 64 runs of 784-256-256-256-10, the pool's own
// time on top of a run's, and the memory of a worker over 1,000 runs. Run `npm run build` first.
// node bench/workers.mjs [throughput] [overhead] [memory]
import { spawnThread, sweep, train } from "../dist/node.js";

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
  // In turns, so that whatever else the machine does falls on both.
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
  const spec = {
    network: { layers: [256, 256, 256] },
    data: { name: "gaussian-mixture", inputs: 784, classes: 10, train: 2000, test: 200 },
    optimizer: { learningRate: 0.05, batchSize: 100 },
    noise: [{ sigma: 1 }],
    epochs: 12,
  };
  const runs = { ...spec, sweep: { "noise.0.sigma": [1, 1.1, 1.2, 1.3] } };
  const shares = [];
  for (let round = 0; round < 3; round++) {
    const pool = await seconds(() => sweep(runs, { workers: 1 }));
    const here = await seconds(() => sweep(runs, { workers: 0 }));
    shares.push(pool / here - 1);
  }
  const { timing } = await train(spec);
  console.log(
    `runs of ${timing.seconds.toFixed(2)} s: a pool of one takes ${(100 * median(shares)).toFixed(1)} % longer`,
  );
}

if (asked("memory")) {
  const spec = {
    network: { layers: [64, 64] },
    data: { name: "gaussian-mixture", inputs: 64, classes: 4, train: 500, test: 100 },
    epochs: 2,
    sweep: { repeats: 1000 },
  };
  let made = 0;
  const rss = () => (process.memoryUsage().rss / 2 ** 20).toFixed(0);
  for await (const _ of sweep(spec, { workers: 1, spawn: spawnThread })) {
    if (++made % 100 === 0) console.log(`after ${made} runs: ${rss()} MiB`);
  }
}
