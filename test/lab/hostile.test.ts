import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { give } from "../../lab/maths/files/givenFiles.js";
import { readOwnData } from "../../lab/maths/files/ownData.js";
import { describeNetwork } from "../../lab/maths/files/ownNetwork.js";
import { experimentIn, readFolder } from "../../lab/maths/files/resultFolder.js";
import { specOfFiles } from "../../lab/maths/files/specOfFiles.js";
import { checkForPage } from "../../lab/state/pageLimits.js";
import { InputError, RunError } from "../../ts/errors/errors.js";
import type { SweepInput } from "../../ts/experiment/sweep.js";
import { encodeTensors } from "../../ts/format/safetensors.js";
import { type Kernels, loadKernels } from "../../ts/kernels/kernels.js";
import { openStore, writeSpec } from "../../ts/store/node/openStore.js";
import { sweep } from "../../ts/sweep/sweep.js";
import { csvFile, idxFiles, npyFile } from "./ownFiles.js";

const SWEEP: SweepInput = {
  network: { layers: [4] },
  data: { name: "gaussian-mixture", inputs: 3, classes: 2, train: 20, test: 0 },
  optimizer: { batchSize: 10 },
  steps: 4,
  sweep: { "noise.0.sigma": [1, 10], repeats: 2 },
};

const checkpoint = encodeTensors({
  tensors: {
    "fc1.weight": Float32Array.from({ length: 12 }, (_, i) => i / 10),
    "fc1.bias": new Float32Array(4),
    "fc2.weight": Float32Array.from({ length: 8 }, (_, i) => i / 10),
  },
  shapes: { "fc1.weight": [4, 3], "fc2.weight": [2, 4] },
  metadata: {},
});

let kernels: Kernels;
let results: Map<string, Blob>;
/** One whole file of each kind, and how the page reads it. */
let kinds: Record<string, { bytes: Uint8Array; read: (bytes: Uint8Array) => Promise<unknown> }>;

async function readData(files: Record<string, Uint8Array>): Promise<unknown> {
  const blobs = Object.entries(files).map(
    ([name, bytes]) => [name, new Blob([bytes as Uint8Array<ArrayBuffer>])] as const,
  );
  give(new Map(blobs));
  const named = Object.entries(files).map(([name, bytes]) => ({ name, bytes: async () => bytes }));
  return readOwnData(await specOfFiles(named), kernels);
}

beforeAll(async () => {
  kernels = await loadKernels();
  const folder = await mkdtemp(join(tmpdir(), "ninscope-hostile-"));
  const store = await openStore(folder);
  await writeSpec(folder, SWEEP);
  await sweep(SWEEP, { store, workers: 0, kernels });
  await store.close();
  const names = (await readdir(folder)).filter((name) => /\.(json|jsonl|pack)$/.test(name));
  results = new Map(
    await Promise.all(
      names.map(
        async (name) => [`out/${name}`, new Blob([await readFile(join(folder, name))])] as const,
      ),
    ),
  );
  await rm(folder, { recursive: true });
  const { images, labels } = idxFiles(12, 4);
  const replaced = (path: string, bytes: Uint8Array) =>
    readFolder("out", new Map([...results, [path, new Blob([bytes as Uint8Array<ArrayBuffer>])]]));
  const bytesOf = async (path: string) =>
    new Uint8Array((await results.get(path)?.arrayBuffer()) ?? new ArrayBuffer(0));
  kinds = {
    csv: { bytes: csvFile(12), read: (bytes) => readData({ "a.csv": bytes }) },
    npy: {
      bytes: npyFile(
        [6, 2],
        Float64Array.from({ length: 12 }, (_, i) => Math.sqrt(i)),
      ),
      read: (bytes) =>
        readData({ "X.npy": bytes, "y.npy": npyFile([6], Float64Array.of(0.5, 1, 0, 1, 0, 1)) }),
    },
    images: {
      bytes: images,
      read: (bytes) => readData({ "a-idx3-ubyte": bytes, "a-idx1-ubyte": labels }),
    },
    labels: {
      bytes: labels,
      read: (bytes) => readData({ "a-idx3-ubyte": images, "a-idx1-ubyte": bytes }),
    },
    npz: {
      bytes: zipSync({
        "X.npy": npyFile([6, 2], new Float64Array(12)),
        "y.npy": npyFile([6], Float64Array.of(0.5, 1, 0, 1, 0, 1)),
      }),
      read: (bytes) => readData({ "a.npz": bytes }),
    },
    safetensors: {
      bytes: checkpoint,
      read: async (bytes) => describeNetwork(bytes, "a.safetensors"),
    },
    experiment: {
      bytes: new TextEncoder().encode(JSON.stringify(SWEEP)),
      read: async (bytes) => checkForPage(experimentIn(bytes, "a.json")),
    },
    spec: {
      bytes: await bytesOf("out/experiment.json"),
      read: (bytes) => replaced("out/experiment.json", bytes),
    },
    journal: {
      bytes: await bytesOf("out/journal.jsonl"),
      read: (bytes) => replaced("out/journal.jsonl", bytes),
    },
  };
});
afterAll(() => give(new Map()));

/** What the page would show; any error but the library's own fails the test. */
async function told(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return "read";
  } catch (error) {
    if (error instanceof InputError || error instanceof RunError) return error.message;
    throw error;
  }
}

describe("files that a person drops on the page", () => {
  it("whole ones are read", async () => {
    for (const [kind, { bytes, read }] of Object.entries(kinds)) {
      expect([kind, await told(() => read(bytes))]).toEqual([kind, "read"]);
    }
    const { points, experiment } = await readFolder("out", results);
    expect(points?.map(({ sigma, seed }) => [sigma, seed]).sort()).toEqual([
      [1, 0],
      [1, 1],
      [10, 0],
      [10, 1],
    ]);
    expect(experiment.network.layers).toEqual([4]);
  });

  it("1,000 broken ones give a message in one line", async () => {
    const names = Object.keys(kinds);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.constantFrom("cut", "change", "grow", "random"),
        fc.nat(),
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        async (kind, how, at, bytes) => {
          const { bytes: whole, read } = kinds[kind];
          const place = at % whole.length;
          const broken = Uint8Array.from(
            how === "cut"
              ? whole.subarray(0, place)
              : how === "grow"
                ? [...whole, ...bytes]
                : how === "random"
                  ? bytes
                  : [
                      ...whole.subarray(0, place),
                      ...bytes,
                      ...whole.subarray(place + bytes.length),
                    ],
          );
          expect(await told(() => read(broken))).toMatch(/^[^\n]{4,600}$/u);
        },
      ),
      { numRuns: 1000, seed: 5 },
    );
  });

  it.each([
    [
      "no files that belong together",
      () => readData({ "a-idx3-ubyte": new Uint8Array(3) }),
      /takes a file of images and one of their labels/,
    ],
    [
      "one array alone",
      () => readData({ "X.npy": new Uint8Array(3) }),
      /takes a file of samples and one of their targets/,
    ],
    [
      "a folder without an experiment",
      () => readFolder("pictures", new Map([["pictures/a.png", new Blob([])]])),
      /^pictures has no experiment\.json/,
    ],
    [
      "an experiment of absurd size",
      async () =>
        checkForPage(
          experimentIn(
            new TextEncoder().encode(
              '{"network":{"layers":[65536,65536]},"data":{"name":"csv","path":"a.csv"},"steps":1}',
            ),
            "a.json",
          ),
        ),
      /^network\.layers is/,
    ],
    [
      "a sweep of absurd size",
      async () =>
        experimentIn(
          new TextEncoder().encode('{"sweep":{"noise.0.sigma":"1:2:90000","repeats":9000}}'),
          "a.json",
        ),
      /^sweep asks for/,
    ],
    [
      "a file that this page does not have",
      () => readOwnData({ name: "csv", path: "../../etc/passwd" }, kernels),
      /this page has no such file; drop it/,
    ],
  ])("%s: a message that says what is taken", async (_name, work, message) => {
    expect(await told(work)).toMatch(message);
  });
});
