// A process that makes 400 runs on one worker; prints its memory in MiB after 100 and after all of them.
import { spawnThread, sweep } from "../../dist/node.js";

const spec = {
  network: { layers: [16] },
  data: { name: "gaussian-mixture", inputs: 256, classes: 4, train: 1000, test: 0 },
  optimizer: { batchSize: 500 },
  epochs: 1,
  sweep: { "noise.0.sigma": "0.1:10:400" },
};
let made = 0;
for await (const _ of sweep(spec, { workers: 1, spawn: spawnThread })) {
  made++;
  if (made === 100 || made === 400) console.log(process.memoryUsage().rss / 2 ** 20);
}
