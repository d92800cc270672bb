import { COUNTER, type Dispatch, Kernel } from "./kernel.js";

/** Ends a pass: increments the counter's two numbers, the step that gathers use and the row of the trace. */
export function tick(): Dispatch {
  const k = new Kernel();
  const counter = k.storage(COUNTER, true, "u32");
  return k.dispatch({
    main: `${counter}[0] += ${k.u32(1)};\n${counter}[1] += 1u;`,
    grid: [1, 1, 1],
    threads: 1,
  });
}
