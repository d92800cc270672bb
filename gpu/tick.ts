import { COUNTS, type Part } from "./kernel.js";

/** Ends a pass: increments the counter's two numbers, the step that gathers use and the row of the trace. */
export function tick(threads = 1): Part {
  return (k) => {
    const counter = k.storage(COUNTS, true, "u32");
    return {
      main: `if (lane == 0u) {\n${counter}[0] += ${k.u32(1)};\n${counter}[1] += 1u;\n}`,
      grid: [1, 1, 1],
      threads,
      withThreads: tick,
    };
  };
}
