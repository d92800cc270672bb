import type { DataSummary } from "../data/dataset.js";

/** How ninscope understood a data set, in one line. */
export function dataLine({ name, classes, inputs, outputs, rows, testRows }: DataSummary): string {
  const numbers = outputs === 1 ? "1 number" : `${outputs} numbers`;
  const targets = classes === null ? `regression on ${numbers}` : `${classes} classes`;
  const held = testRows > 0 ? ` and ${testRows} test samples` : " samples";
  return `data ${name}: ${targets}, ${inputs} inputs, ${rows} training${held}`;
}
