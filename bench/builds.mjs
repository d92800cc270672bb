// Compares builds of the kernels in turns: matrix products, and a step of the linear model of 1-50-1 with batches of 100.
// node bench/builds.mjs build/kernels-wide.wasm OTHER.wasm ...   (first: npm run build)
// Under Node 24 a build named "wide" makes products in vectors of 256 bits.
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { kernelsFrom } from "../build/js/ts/kernels/instance.js";
import { lower } from "../build/js/ts/program/lower.js";
import { fill } from "../build/js/ts/train/fill.js";
import { prepare } from "../build/js/ts/train/prepare.js";
import { figure, printTable } from "./lib/table.mjs";
import { linearExperiment } from "./parts/linear.mjs";

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error("takes files of kernels, such as build/kernels.wasm");
  process.exit(2);
}

/** `[m, k, n]`: m samples through a layer from k to n. */
const SHAPES = [
  [128, 784, 64],
  [128, 784, 512],
  [512, 512, 512],
];
const ROWS = 10_000;
/** Seconds of each measurement, and the number of them. */
const [SLOT, ROUNDS] = [0.003, 200];

const [major] = process.versions.node.split(".").map(Number);
if (major < 22) setFlagsFromString("--experimental-wasm-relaxed-simd");
else if (files.some((file) => file.includes("wide")))
  setFlagsFromString("--experimental-wasm-revectorize");
const modules = files.map((file) => new WebAssembly.Module(readFileSync(file)));

/**
 * Times calls in turns. The fastest twentieth of each stays: what other processes take from a call is none of its own.
 * @returns units a second of each call: `units` is what one call makes.
 */
async function inTurns(units, calls) {
  let repeats = 1;
  for (const call of calls) {
    // Warms up too.
    for (let start = performance.now(), n = 1; performance.now() - start < 300; n++) {
      await call();
      repeats = Math.max(1, Math.round((SLOT * 1000 * n) / (performance.now() - start)));
    }
  }
  const seconds = calls.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, call] of calls.entries()) {
      const start = performance.now();
      for (let n = 0; n < repeats; n++) await call();
      seconds[i].push((performance.now() - start) / 1000 / repeats);
    }
  }
  return seconds.map((times) => {
    const fastest = times.sort((a, b) => a - b).slice(0, Math.ceil(ROUNDS / 20));
    return (units * fastest.length) / fastest.reduce((sum, x) => sum + x, 0);
  });
}

/** The products of a training step, in an instance's own memory. */
function products(module, [m, k, n]) {
  const { exports: kernels } = new WebAssembly.Instance(module);
  const { memory, draw, product } = kernels;
  let end = kernels.heapBase();
  const take = (bytes) => {
    const at = Math.ceil(end / 64) * 64;
    end = at + bytes;
    return at;
  };
  const workspace = take(kernels.workspaceBytes());
  const sizes = [m * k, n * k, m * n];
  const [x, w, delta] = sizes.map((size) => take(4 * size));
  const [xResult, wResult, deltaResult] = sizes.map((size) => take(4 * size));
  memory.grow(Math.ceil(end / 65536));
  for (const [i, at] of [x, w, delta].entries()) draw(1, 1, i, 0, 0, sizes[i], 1, at);
  const [row, column] = [(cols) => [4 * cols, 4], (cols) => [4, 4 * cols]];
  const call = (rows, cols, depth, a, b, c, beta) => () =>
    product(rows, cols, depth, ...a, ...b, c, 4 * cols, beta ? -1e-6 : 1, beta, 0, workspace);
  return {
    forward: call(m, n, k, [x, ...row(k)], [w, ...row(k)], deltaResult, 0),
    backward: call(m, k, n, [delta, ...row(n)], [w, ...column(k)], xResult, 0),
    update: call(n, k, m, [delta, ...column(n)], [x, ...column(k)], wResult, 1),
  };
}

const rows = [];
const add = (what, unit, scale, speeds) =>
  rows.push([
    what,
    unit,
    ...speeds.map((x) => figure(x * scale)),
    ...speeds.slice(1).map((x) => figure(speeds[0] / x)),
  ]);

for (const shape of SHAPES) {
  const sides = modules.map((module) => products(module, shape));
  for (const name of ["forward", "backward", "update"]) {
    const operations = 2 * shape.reduce((size, side) => size * side, 1);
    const speeds = await inTurns(
      operations,
      sides.map((side) => side[name]),
    );
    add(`${shape.join(" x ")}, ${name}`, "GFLOP/s", 1e-9, speeds);
  }
}

const steps = ROWS / 100;
const sessions = await Promise.all(
  modules.map(async (module) => {
    const kernels = kernelsFrom(module, "own");
    const prepared = await prepare(linearExperiment(ROWS), { kernels, backend: "wasm" });
    const lowered = lower(prepared.plan);
    const session = await prepared.machine.open(lowered.program);
    fill(session, lowered, prepared);
    session.write("noise.0", prepared.inputs.noise(0, 0));
    return session;
  }),
);
const speeds = await inTurns(
  steps,
  sessions.map((session) => () => session.run("step", 0, steps)),
);
add("operations of a step of the linear model", "steps/s", 1, speeds);
printTable({
  title: `Builds of the kernels (Node ${process.versions.node})`,
  head: ["", "", ...files, ...files.slice(1).map(() => "the first, times as fast")],
  rows,
});
