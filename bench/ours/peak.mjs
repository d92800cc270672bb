// Measures the peak of SIMD code on this host: node peak.mjs '{"module", "bytes"}'; a copy has `bytes` bytes.
import { benchKernels } from "../lib/kernels.mjs";
import { serve } from "../lib/serve.mjs";

const { module, bytes } = JSON.parse(process.argv[2]);
const { exports } = new WebAssembly.Instance(await benchKernels(module));
const { peak, copy, memory } = exports;
// Within the second-level cache, which holds the packed operands of a product, and far beyond the last-level cache.
const NEAR = 2 ** 17;
const PAGE = 2 ** 16;
memory.grow(Math.ceil((2 * bytes) / PAGE));
const from = PAGE;
new Uint8Array(memory.buffer, from, 2 * bytes).fill(1);
const ROUNDS = 1000;
// Sums and products stay normal numbers: subnormal ones would take far longer.
const FACTOR = 1;
// Runs until the optimising compiler has taken over.
for (const start = performance.now(); performance.now() - start < 50; ) peak(ROUNDS, FACTOR, 0);

await serve({
  // Bytes read and written both count.
  ready: { work: { peak: peak(ROUNDS, FACTOR, 0), memory: 2 * bytes, cache: 2 * NEAR } },
  cases: {
    peak: (units) => {
      for (let i = 0; i < units; i++) peak(ROUNDS, FACTOR, 0);
    },
    memory: (units) => copy(from, from + bytes, bytes, units),
    cache: (units) => copy(from, from + NEAR, NEAR, units),
  },
});
