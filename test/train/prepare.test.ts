import { expect, test } from "vitest";
import type { FileSource } from "../../ts/data/load.js";
import { noFiles } from "../../ts/data/load.js";
import { InputError } from "../../ts/errors/errors.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import { prepare } from "../../ts/train/prepare.js";

const kernels = await loadKernels();
const data = { name: "gaussian-mixture", inputs: 4, classes: 2, train: 20, test: 0 } as const;
const optimizer = { batchSize: 10 };

/** Something open, and whether it still is. */
function opened() {
  const one = {
    open: true,
    dispose() {
      one.open = false;
    },
  };
  return one;
}

test("what a prepared run opened is closed with it, also what opens afterwards", async () => {
  const prepared = await prepare({ data, optimizer }, { kernels });
  const [a, b, late] = [opened(), opened(), opened()];
  expect(await prepared.keep(Promise.resolve(a))).toBe(a);
  await prepared.variant({ data, optimizer, seed: 1 }).keep(Promise.resolve(b));
  let open: (one: typeof late) => void = () => {};
  const opening = prepared.keep(new Promise<typeof late>((resolve) => (open = resolve)));
  prepared.dispose();
  expect([a.open, b.open, late.open]).toEqual([false, false, true]);
  open(late);
  await opening;
  expect(late.open).toBe(false);
});

test("a variant has the same data and machine, and its own plan and draws", async () => {
  const one = await prepare({ data, optimizer }, { kernels, backend: "reference" });
  const other = one.variant({ data, optimizer, seed: 3, network: { layers: [7] } });
  expect([other.data, other.machine]).toEqual([one.data, one.machine]);
  expect(other.plan.network.widths).toEqual([4, 7, 2]);
  expect(other.streams).not.toBe(one.streams);
  expect(() => one.variant({ data, optimizer, network: { layers: [-1] } })).toThrow(InputError);
});

test("data is loaded once, and not at all for an experiment that is refused or a job that is aborted", async () => {
  let loads = 0;
  const files: FileSource = {
    ...noFiles,
    read: async () => {
      loads++;
      return new TextEncoder().encode("a,b,class\n1,2,0\n3,4,1\n5,6,0\n7,8,1\n");
    },
  };
  const csv = { name: "csv", path: "four.csv", target: "class", task: "classification" } as const;
  const { data: found } = await prepare({ data: csv, optimizer: { batchSize: 2 } }, { files });
  expect([loads, found.train.rows + (found.test?.rows ?? 0)]).toEqual([1, 4]);
  await expect(prepare({ data: csv, epochs: -2 }, { files })).rejects.toThrow(InputError);
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(prepare({ data: csv }, { files, signal })).rejects.toThrow("enough");
  expect(loads).toBe(1);
});
