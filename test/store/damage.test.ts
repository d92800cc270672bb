import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InputError, RunError } from "../../ts/errors/errors.js";
import type { ExperimentInput } from "../../ts/experiment/schema.js";
import type { SweepInput } from "../../ts/experiment/sweep.js";
import { SharedCheckpoints } from "../../ts/jobs/node/queue/sharedCheckpoints.js";
import { train } from "../../ts/jobs/train.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import { decodeCheckpoint, encodeCheckpoint } from "../../ts/store/checkpointFile.js";
import { openStore } from "../../ts/store/node/openStore.js";
import type { CheckpointStore } from "../../ts/store/runStore.js";
import type { Storage } from "../../ts/store/storage.js";
import { Store } from "../../ts/store/store.js";
import { sweep } from "../../ts/sweep/sweep.js";
import type { Checkpoint } from "../../ts/train/checkpoint.js";

const kernels = await loadKernels();

const experiment: ExperimentInput = {
  network: { layers: [3] },
  data: { name: "gaussian-mixture", inputs: 2, classes: 2, train: 20, test: 10 },
  optimizer: { batchSize: 5, momentum: 0.5 },
  record: { dense: 6, every: 4, evaluateEvery: 2, evaluateEarly: 3 },
  epochs: 5,
};

/** All checkpoints of the experiment's run, and its key. */
const saved: Checkpoint[] = [];
let key = "";
const whole = await train(experiment, {
  kernels,
  checkpointEvery: 0,
  store: {
    checkpoint: async () => null,
    saveCheckpoint: async (of, checkpoint) => {
      key = of;
      saved.push(checkpoint);
    },
    dropCheckpoint: async () => {},
  },
});
const middle = saved[Math.floor(saved.length / 2)];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ninscope-damage-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A copy in which one byte has other bits. */
function flipped(bytes: Uint8Array, at: number, bits: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] ^= bits;
  return copy;
}

/** Goes on from what the store has; the same result as the whole run's, whatever it has. */
async function resumed(store: CheckpointStore): Promise<number> {
  let first = Number.POSITIVE_INFINITY;
  const result = await train(experiment, {
    ...{ kernels, store, resume: true },
    onProgress: ({ done }) => {
      first = Math.min(first, done);
    },
  });
  expect(result.trajectory).toEqual(whole.trajectory);
  expect(result.parameters).toEqual(whole.parameters);
  return first;
}

describe("a checkpoint", () => {
  const bytes = encodeCheckpoint("key", middle);

  it("is refused whichever of its bytes has changed", () => {
    for (let at = 0; at < bytes.length; at++) {
      for (const bits of [1, 128, 255]) {
        const read = () => decodeCheckpoint("key", flipped(bytes, at, bits), "file");
        expect(read, `byte ${at}`).toThrow(RunError);
        expect(read).toThrow(/^file is damaged: [^\n]+$/);
      }
    }
  });

  it("is refused wherever it is cut, and with anything behind it", () => {
    for (let end = 0; end < bytes.length; end++) {
      expect(() => decodeCheckpoint("key", bytes.subarray(0, end), "file")).toThrow(RunError);
    }
    const longer = Buffer.concat([bytes, Uint8Array.of(0)]);
    expect(() => decodeCheckpoint("key", longer, "file")).toThrow(RunError);
  });

  it.each<[string, Partial<Checkpoint> | { trajectory: object }]>([
    ["no step", { step: 0 }],
    ["a step that is no integer", { step: 1.5 }],
    ["negative seconds", { seconds: -1 }],
    ["seconds that are no number", { seconds: Number.NaN }],
    ["a buffer of another name", { buffers: { bias: Float64Array.of(1) } }],
    [
      "numbers of half the precision",
      { buffers: { "weights.0": Float32Array.of(1) as unknown as Float64Array } },
    ],
    [
      "a column missing",
      { trajectory: { ...middle.trajectory, steps: { step: Float64Array.of(0) } } },
    ],
    [
      "a column too many",
      {
        trajectory: {
          ...middle.trajectory,
          steps: { ...middle.trajectory.steps, more: Float64Array.of(0) },
        },
      },
    ],
    [
      "a column too short",
      {
        trajectory: {
          ...middle.trajectory,
          steps: { ...middle.trajectory.steps, loss: Float64Array.of(1) },
        },
      },
    ],
  ])("with %s is refused by its contents, for its checksum is right", (_, wrong) => {
    const written = encodeCheckpoint("key", { ...middle, ...wrong } as Checkpoint);
    expect(() => decodeCheckpoint("key", written, "file")).toThrow(
      /^file(:| holds| does not hold) /,
    );
  });

  it("that is damaged in a folder of results is told, and the run begins anew", async () => {
    const said: string[] = [];
    const store = await openStore(folder, "folder", (line) => said.push(line));
    await store.saveCheckpoint(key, middle);
    expect(await resumed(store)).toBeGreaterThanOrEqual(middle.step);
    expect(said).toEqual([]);
    await store.saveCheckpoint(key, middle);
    const [name] = await readdir(join(folder, "checkpoints"));
    const path = join(folder, "checkpoints", name);
    await writeFile(path, flipped(await readFile(path), 900, 4));
    expect(await resumed(store)).toBe(0);
    expect(said).toEqual([expect.stringMatching(/ is damaged: [^\n]*; the run begins anew$/)]);
    await store.saveCheckpoint(key, middle);
    await writeFile(path, encodeCheckpoint("another", middle));
    expect(await resumed(store)).toBe(0);
    expect(said[1]).toMatch(/ is a checkpoint of another run; the run begins anew$/);
    await store.close();
  });

  it("that is damaged in a folder that workers share is told, and the run begins anew", async () => {
    const said: string[] = [];
    const shared = await SharedCheckpoints.open(folder, (line) => said.push(line));
    expect(await shared.checkpoint(key)).toBeNull();
    expect(said).toEqual([]);
    await shared.saveCheckpoint(key, middle);
    expect(await shared.checkpoint(key)).toEqual(middle);
    const path = join(folder, `${key}.safetensors`);
    await writeFile(path, flipped(await readFile(path), 900, 4));
    expect(await resumed(shared)).toBe(0);
    expect(said).toEqual([expect.stringMatching(/ is damaged: [^\n]*; the run begins anew$/)]);
  });
});

describe("a checkpoint of another run", () => {
  const { steps, evaluations } = middle.trajectory;
  const shorter = (values: Float64Array) => values.subarray(0, values.length - 1);
  const without = (part: Readonly<Record<string, Float64Array>>) =>
    Object.fromEntries(Object.entries(part).map(([name, values]) => [name, shorter(values)]));

  it.each<[string, unknown, RegExp]>([
    ["past its end", { step: 20 }, /after 20 updates, and the run makes 20$/],
    ["of another step", { step: middle.step - 1 }, /steps\.step|evaluations\.step/],
    [
      "of another width",
      { buffers: { ...middle.buffers, "weights.0": Float64Array.of(1) } },
      /weights\.0 has 1 numbers, and the run's has 12$/,
    ],
    [
      "without momentum",
      { buffers: { "weights.0": middle.buffers["weights.0"] } },
      /has 0 numbers, and the run's has \d+$/,
    ],
    [
      "with more layers",
      { buffers: { ...middle.buffers, "weights.2": Float64Array.of(1) } },
      /weights\.2 has 1 numbers, and the run's has 0$/,
    ],
    ["that recorded less", { trajectory: { steps: without(steps), evaluations } }, /steps\.step/],
    [
      "that evaluated less",
      { trajectory: { steps, evaluations: without(evaluations) } },
      /evaluations\.step/,
    ],
    [
      "that recorded other steps",
      { trajectory: { steps: { ...steps, step: steps.step.map((s) => s + 1) }, evaluations } },
      /steps\.step has no row of step 0$/,
    ],
    [
      "of the linear model",
      { trajectory: { steps: { ...steps, kappa: steps.loss }, evaluations } },
      /steps\.kappa does not have 0 rows$/,
    ],
  ])("%s is refused in one line", async (_, wrong, why) => {
    const store: CheckpointStore = {
      checkpoint: async () => ({ ...middle, ...(wrong as object) }),
      saveCheckpoint: async () => {},
      dropCheckpoint: async () => {},
    };
    const error = await train(experiment, { kernels, store, resume: true }).catch((e) => e);
    expect(error).toBeInstanceOf(InputError);
    expect(error.message).toMatch(/^checkpoint is not one of this run: [^\n]+$/);
    expect(error.message).toMatch(why);
  });
});

describe("a folder of finished runs", () => {
  const spec: SweepInput = { ...experiment, epochs: 2, sweep: { "noise.0.sigma": [1, 100] } };
  const files = ["trajectories.pack", "journal.jsonl"];

  it.each(files)(
    "gives each run as it was or not at all, whichever byte of %s has changed",
    async (file) => {
      const first = await openStore(folder);
      const made = await sweep(spec, { kernels, store: first });
      await first.close();
      const whole = Object.fromEntries(
        await Promise.all(
          files.map(async (name) => [name, await readFile(join(folder, name))] as const),
        ),
      );
      let lost = 0;
      for (let at = 0; at < whole[file].length; at++) {
        const changed = flipped(whole[file], at, [1, 16, 128][at % 3]);
        const store = await Store.open(reading({ ...whole, [file]: changed }));
        for (const { fields: _, trajectory: wanted, ...summary } of made.runs) {
          const trajectory = await store.trajectory(summary.key);
          if (!trajectory) lost++;
          else expect([store.get(summary.key), trajectory]).toEqual([summary, wanted]);
        }
      }
      expect(lost).toBeGreaterThan(0.95 * whole[file].length);
    },
  );
});

/** A disk that is only read. */
function reading(files: Readonly<Record<string, Uint8Array>>): Storage {
  const refuse = () => Promise.reject(new RunError("read-only"));
  return {
    name: "disk",
    read: async (file) => files[file] ?? null,
    async readRange(file, offset, length) {
      const part = files[file].subarray(offset, offset + length);
      return part.length === length ? part : null;
    },
    size: async (file) => files[file].length,
    ...{ append: refuse, write: refuse, remove: refuse, check: refuse, close: async () => {} },
  };
}
