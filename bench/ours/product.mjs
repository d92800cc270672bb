// One matrix product after another on the CPU machine: node product.mjs '{"m", "k", "n", "fast"}'
import { wasmMachine } from "../../build/js/ts/backend/wasm.js";
import { loadKernels } from "../../dist/node.js";
import { moduleOf } from "../lib/kernels.mjs";
import { serve } from "../lib/serve.mjs";

const { m, k, n, fast } = JSON.parse(process.argv[2]);
const kernels = await loadKernels({ fast });
const matrix = (buffer, rows, cols) => ({ buffer, offset: 0, rows, cols, stride: cols });
const x = matrix("x", m, k);
const w = matrix("w", n, k);
const delta = matrix("delta", m, n);
const product = (a, transposeA, b, transposeB, c, alpha, beta) => ({
  slots: 1,
  ops: [{ op: "product", a, transposeA, b, transposeB, c, alpha, beta }],
});
const program = {
  buffers: Object.fromEntries(
    [x, w, delta].flatMap(({ buffer, rows, cols }) =>
      [buffer, `${buffer}.result`].map((name) => [name, { type: "float", length: rows * cols }]),
    ),
  ),
  fills: [],
  lists: {
    // The products of a training step: forward, backward, and the update, which adds to the weights.
    forward: product(x, false, w, true, { ...delta, buffer: "delta.result" }, 1, 0),
    backward: product(delta, false, w, false, { ...x, buffer: "x.result" }, 1, 0),
    update: product(delta, true, x, false, { ...w, buffer: "w.result" }, -1e-6, 1),
  },
};
const session = await wasmMachine(kernels).open(program);
for (const { buffer, rows, cols } of [x, w, delta]) {
  session.write(
    buffer,
    Float32Array.from({ length: rows * cols }, () => Math.random() - 0.5),
  );
}

const times = (list) => async (units) => {
  await session.run(list, 0, units);
};
await serve({
  ready: { module: moduleOf(kernels) },
  cases: { forward: times("forward"), backward: times("backward"), update: times("update") },
});
