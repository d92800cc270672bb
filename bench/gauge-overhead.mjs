// What a probe of 8 noise nodes, read at every step, costs a training step elsewhere: node bench/gauge-overhead.mjs [rounds]
// Steps of 784-512-512-512-10 at batch 128, with and without the probe in turns, within one process for each library. The
// figure is the median over the rounds of the ratio within a round. All times are the processor's. Run `npm run build` and
// `npm install --prefix bench` first.
import { nodeSide, pythonSide, withSides } from "./lib/field.mjs";
import { measure } from "./lib/rounds.mjs";
import { summary } from "./lib/statistics.mjs";

const network = { widths: [784, 512, 512, 512, 10], batch: 128, nodes: 8, sigma: 0.05 };
const rounds = Number(process.argv[2] ?? 100);
const given = JSON.stringify(network);

// The C library returns memory to the system at some steps and fetches it again. Which of two cases this hits is chance: it
// depends on where in memory their tensors lie. These variables tell it to keep the memory.
const keepsMemory = {
  MALLOC_MMAP_THRESHOLD_: 2 ** 25,
  MALLOC_TRIM_THRESHOLD_: 2e9,
};

const starts = [
  nodeSide("TensorFlow.js, wasm", "peers/gauge_tfjs.mjs", [given, "wasm"]),
  nodeSide("jax-js, wasm", "peers/gauge_jax.mjs", [given]),
  pythonSide("PyTorch, 1 thread", "torch", "peers/gauge_torch.py", [given]),
  pythonSide(
    "PyTorch, 1 thread, which keeps its memory",
    "torch",
    "peers/gauge_torch.py",
    [given],
    {
      environment: keepsMemory,
    },
  ),
];

await withSides(starts, async (sides) => {
  for (const { name, side, failed } of sides) {
    if (failed) {
      console.log(`${name}: ${failed}`);
      continue;
    }
    const contestants = ["without", "with"].map((part) => ({ name: part, side, case: part }));
    const [without, beside] = await measure(contestants, { rounds, slot: 0.2, turns: rounds });
    const reason = without.failed ?? beside.failed;
    if (reason) {
      console.log(`${name}: ${reason}`);
      continue;
    }
    const ratios = beside.seconds.map((seconds, i) => 100 * (seconds / without.seconds[i] - 1));
    const { median, q1, q3 } = summary(ratios.filter(Number.isFinite));
    const step = 1000 * summary(without.seconds.filter(Number.isFinite)).median;
    const shown = (percent) => percent.toFixed(1);
    const { blas } = side.ready;
    const by = blas ? ` (${blas.name})` : "";
    console.log(
      `${name}${by}: a step takes ${step.toFixed(1)} ms of the processor; the probe adds ${shown(median)} % (quartiles ${shown(q1)} to ${shown(q3)}, ${rounds} rounds)`,
    );
  }
});
process.exit(0);
