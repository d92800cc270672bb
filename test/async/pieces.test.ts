import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { copyInTurns } from "../../ts/async/copyInTurns.js";
import type { Dataset } from "../../ts/data/dataset.js";
import { sha256 } from "../../ts/digest/sha256.js";
import { hashRun } from "../../ts/format/hash.js";
import { copyOf } from "../../ts/jobs/pool/transfers.js";
import type { Runner } from "../../ts/jobs/runner.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import { sweep } from "../../ts/sweep/sweep.js";
import { hashDataset } from "../../ts/train/dataKey.js";
import type { Trajectory } from "../../ts/trajectory/trajectory.js";

// A page's thread stops for as long as a piece of work takes. Here each look at the clock finds 10 ms gone, so that a
// rest is due after every piece: the turns that others get in between are the number of pieces.

const MiB = 2 ** 20;
let turns = 0;
/** Bytes that the engine was given to digest at once. */
let most = 0;

beforeEach(() => {
  [turns, most] = [0, 0];
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => {
    now += 10;
    return now;
  });
  const rest = setImmediate;
  vi.stubGlobal("setImmediate", (work: () => void) => {
    turns++;
    return rest(work);
  });
  const digest = crypto.subtle.digest.bind(crypto.subtle);
  vi.spyOn(crypto.subtle, "digest").mockImplementation((algorithm, data) => {
    most = Math.max(most, data.byteLength);
    return digest(algorithm, data);
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const bytesOf = (length: number) => Uint8Array.from({ length }, (_, i) => (i * i) % 251);
const sha = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe("on a page's thread", () => {
  beforeEach(() => vi.stubGlobal("document", {}));

  test("large inputs are digested 256 KiB at a time, small ones by the engine", async () => {
    const large = bytesOf(3 * MiB);
    expect(await sha256(large)).toBe(sha(large));
    expect([turns, most]).toEqual([12, 0]);
    const small = bytesOf(MiB);
    expect(await sha256(small)).toBe(sha(small));
    expect([turns, most]).toEqual([12, MiB]);
  });

  test("a long run's numbers are gathered 4,096 at a time", async () => {
    const column = Float64Array.from({ length: 2 ** 18 }, (_, i) => i);
    const run = { experiment: {}, trajectory: { steps: { column }, evaluations: {} } };
    await hashRun(run as unknown as { experiment: object; trajectory: Trajectory });
    // Of 2 MiB: 64 times some numbers, then 8 pieces of the digest and the bytes that are over.
    expect(turns).toBe(64 + 9);
    expect(most).toBe(0);
  });

  test("a data set is digested and copied in pieces, half after half", async () => {
    const half = (rows: number) => ({
      rows,
      inputs: bytesOf(rows * 1024),
      targets: new Uint32Array(rows),
    });
    const data = { name: "own", train: half(2048), test: half(1536) } as unknown as Dataset;
    await hashDataset(data);
    expect(turns).toBe(8 + 6);
    expect(most).toBeLessThanOrEqual(MiB);
    turns = 0;
    const copy = await copyOf(data);
    expect(copy.train.targets).toEqual(data.train.targets);
    expect(copy.test?.targets).toEqual(data.test?.targets);
    // Compared as bytes: the matcher would take minutes for millions of elements.
    for (const part of ["train", "test"] as const) {
      const [mine, theirs] = [copy[part]?.inputs, data[part]?.inputs] as Uint8Array[];
      expect(Buffer.compare(mine, theirs)).toBe(0);
    }
    expect(copy.train.inputs.buffer).not.toBe(data.train.inputs.buffer);
    // Of 1 MiB: 2 + 2 of the inputs, and one of each half's targets.
    expect(turns).toBe(6);
  });
});

test("elsewhere the engine digests all at once", async () => {
  const large = bytesOf(3 * MiB);
  expect(await sha256(large)).toBe(sha(large));
  expect([turns, most]).toEqual([0, 3 * MiB]);
});

test.each([
  [Uint8Array.of(1, 2, 255)],
  [Buffer.from([1, 2, 255]).subarray(1)],
  [Uint32Array.of(7, 2 ** 31)],
  [Float32Array.of(0.5, Number.NaN, -0).subarray(1)],
  [Float64Array.of(1e300, -0)],
])("a copy in turns of %o is of its type, in a buffer of its own", async (values) => {
  const copy = await copyInTurns(values);
  expect(Array.from(copy)).toEqual(Array.from(values));
  expect(copy.byteLength).toBe(copy.buffer.byteLength);
  const type = values instanceof Uint8Array ? Uint8Array : values.constructor;
  expect(copy.constructor).toBe(type);
  expect(copy.buffer).not.toBe(values.buffer);
});

test("a sweep is planned one run at a time", async () => {
  const never: Runner = {
    size: 1,
    load: () => Promise.reject(new Error("no data")),
    run: () => Promise.reject(new Error("no run")),
    dispose: async () => {},
  };
  const input = { sweep: { seed: Array.from({ length: 300 }, (_, i) => i) } };
  const kernels = await loadKernels();
  turns = 0;
  await expect(sweep(input, { kernels, runner: never })).rejects.toThrow("no run");
  expect(turns).toBe(300);
});
