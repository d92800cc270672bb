import { SCRATCH, THREADS } from "../../../gpu/kernel.js";
import { peak, peakOperations } from "../../../gpu/peak.js";
import type { Gpu } from "./gpu.js";
import { runSingle } from "./single.js";

/** A measurement takes at least this long, and no submission takes longer than about twice this. */
const MEASURED_MS = 40;
const MOST_GROUPS = 32768;
const STORAGE = 128;

/** float32 operations per second of a kernel that only computes. */
export async function measurePeak(gpu: Gpu): Promise<number> {
  const buffer = gpu.device.createBuffer({ size: 16 * THREADS, usage: STORAGE });
  const buffers = { [SCRATCH]: buffer };
  try {
    let best = 0;
    for (let groups = 16, times = 1, repeats = 0; repeats < 5; ) {
      const elapsed = await runSingle(gpu, peak(groups), buffers, times);
      best = Math.max(best, (times * peakOperations(groups) * 1000) / elapsed);
      if (elapsed >= MEASURED_MS) repeats++;
      else if (groups < MOST_GROUPS) groups *= 2;
      else times *= 2;
    }
    return best;
  } finally {
    buffer.destroy();
  }
}
