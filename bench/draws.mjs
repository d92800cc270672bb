// Times random numbers and the linear model's moments of a step, in one or several builds of the kernels in turns:
// node bench/draws.mjs build/kernels.wasm [OTHER.wasm ...]
import { readFileSync } from "node:fs";
import { figure, printTable } from "./lib/table.mjs";

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error("takes files of kernels, such as build/kernels.wasm");
  process.exit(2);
}

const PAGE = 65536;
const NUMBERS = 10_000;
/** Number of steps whose moments one call computes, and number of samples of each step. */
const [STEPS, SAMPLES] = [1000, 100];
const ROUNDS = 400;
const KINDS = { normal: 1, uniform: 2, rademacher: 3 };

const builds = files.map((file) => {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)));
  exports.memory.grow(64);
  new Float32Array(exports.memory.buffer, PAGE, 2 * SAMPLES).forEach((_, i, data) => {
    data[i] = Math.sin(i * i);
  });
  return exports;
});

/** The shortest time of a call in each build, in ns for one of `count`. */
function inTurns(count, call) {
  const least = builds.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < ROUNDS; round++) {
    builds.forEach((kernels, i) => {
      const start = performance.now();
      call(kernels, round);
      least[i] = Math.min(least[i], performance.now() - start);
    });
  }
  return least.map((ms) => figure((1e6 * ms) / count));
}

const [x, out] = [PAGE, 2 * PAGE];
const y = x + 4 * SAMPLES;
const xi = y + 4 * SAMPLES;
const rows = Object.entries(KINDS).flatMap(([name, kind]) =>
  [1, 4].map((nodes) => {
    const samples = NUMBERS / nodes;
    const draw = (kernels, epoch) => kernels.draw(kind, 5, 7, epoch, 0, samples, nodes, out);
    return [`a ${name} number, ${nodes} a sample`, ...inTurns(NUMBERS, draw)];
  }),
);
const moments = ({ linearMoments }, first) =>
  linearMoments(KINDS.normal, 5, 7, first, STEPS, x, y, xi, SAMPLES, 0.5, out);
rows.push([`moments of a step, ${SAMPLES} samples`, ...inTurns(STEPS, moments)]);
printTable({ title: `Draws, ns (Node ${process.versions.node})`, head: ["", ...files], rows });
