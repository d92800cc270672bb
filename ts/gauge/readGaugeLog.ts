import type { GaugeLog } from "./gaugeLog.js";
import { JsonLog } from "./jsonLog.js";
import { readNpzLog } from "./npzLog.js";

/**
 * Reads what a training loop elsewhere logged of its noise nodes: a NumPy `.npz` file, or JSON lines. Which of them it is, its
 * first bytes tell.
 * @param field names the file in errors. Default `log`.
 * @throws InputError in one line: the field, its value, what would be right.
 */
export function readGaugeLog(bytes: Uint8Array, field = "log"): GaugeLog {
  if (isZip(bytes)) return readNpzLog(bytes, field);
  const log = new JsonLog(field);
  log.push(bytes);
  return log.log();
}

/** Whether a file begins as zip files do. */
export function isZip([first, second]: Uint8Array): boolean {
  return first === 0x50 && second === 0x4b;
}
