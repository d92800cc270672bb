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
export function copyOf(dataset: Dataset): Dataset {
  return { ...dataset, train: copied(dataset.train), test: dataset.test && copied(dataset.test) };
}

function copied({ rows, inputs, targets }: Split): Split {
  return {
    rows,
    inputs: inputs instanceof Uint8Array ? new Uint8Array(inputs) : inputs.slice(),
    targets: targets.slice(),
  };
}
