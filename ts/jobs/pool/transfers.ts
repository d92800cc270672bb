import { copyInTurns } from "../../async/copyInTurns.js";
import type { Dataset, Split } from "../../data/dataset.js";

/** The array buffers that a message owns, to be moved and not copied. */
export function buffersIn(value: unknown, found = new Set<ArrayBuffer>()): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) found.add(value.buffer as ArrayBuffer);
  else if (typeof value === "object" && value !== null) {
    for (const part of Object.values(value)) buffersIn(part, found);
  }
  return [...found];
}

/** A copy of a data set that may be given away. */
export async function copyOf(dataset: Dataset): Promise<Dataset> {
  const { train, test } = dataset;
  return { ...dataset, train: await copied(train), test: test && (await copied(test)) };
}

async function copied({ rows, inputs, targets }: Split): Promise<Split> {
  return { rows, inputs: await copyInTurns(inputs), targets: await copyInTurns(targets) };
}
