import { type Dispatch, Kernel, rowIn, SCRATCH, THREADS } from "./kernel.js";

const CHAINS = 8;
const ROUNDS = 1024;

/** Floating-point operations of one `peak` dispatch: a multiplication and an addition in each of four lanes. */
export function peakOperations(groups: number): number {
  return 2 * 4 * CHAINS * ROUNDS * THREADS * groups;
}

/** A kernel that only does multiply-adds, in independent chains, to measure the arithmetic peak. */
export function peak(groups: number): Dispatch {
  const k = new Kernel();
  const out = k.storage(rowIn(SCRATCH, 4 * THREADS), true, "vec4f");
  const chains = Array.from({ length: CHAINS }, (_, i) => `x${i}`);
  return k.dispatch({
    main: `let f = vec4f(${k.f32(0.999)});
let g = vec4f(${k.f32(1e-3)});
${chains.map((x, i) => `var ${x} = vec4f(f32(lane + ${i}));`).join("\n")}
for (var t = 0u; t < ${ROUNDS}; t++) {
${chains.map((x) => `${x} = ${x} * f + g;`).join("\n")}
}
${out}[lane] = ${chains.join(" + ")};`,
    grid: [groups, 1, 1],
  });
}
