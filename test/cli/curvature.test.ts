import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeTensors } from "../../ts/format/safetensors.js";
import { inProcess } from "./run.js";

const fixtures = fileURLToPath(new URL("../curvature/fixtures/networks/", import.meta.url));
const network = (name: string) => join(fixtures, `${name}.safetensors`);

let folder: string;
/** `data=...` of the same inputs, with classes or with pairs of numbers for targets. */
const data: Record<string, string> = {};
let expected: { cases: { name: string; meanLoss: number; eigenvalues: number[][] }[] };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ninscope-curvature-"));
  const text = JSON.parse(await readFile(join(fixtures, "expected.json"), "utf8"));
  expected = text;
  const { inputs, classes, pairs } = text.data;
  const rows = (values: number[][]) => npy("<f8", values, new Float64Array(values.flat()));
  await writeFile(join(folder, "inputs.npy"), rows(inputs));
  await writeFile(join(folder, "pairs.npy"), rows(pairs));
  await writeFile(
    join(folder, "classes.npy"),
    npy("<i8", classes, BigInt64Array.from(classes.map(BigInt))),
  );
  for (const name of ["pairs", "classes"]) {
    const [a, b] = ["inputs", name].map((file) => join(folder, `${file}.npy`));
    data[name] = `data=${JSON.stringify({ name: "npy", inputs: a, targets: b })}`;
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function npy(descr: string, values: number[][] | number[], numbers: ArrayBufferView): Buffer {
  const [first] = values;
  const shape = Array.isArray(first) ? `${values.length}, ${first.length}` : `${values.length},`;
  const head = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }`;
  const header = `${head.padEnd(117)}\n`;
  const start = Buffer.from([0x93, ...Buffer.from("NUMPY"), 1, 0, header.length, 0]);
  return Buffer.concat([start, Buffer.from(header), Buffer.from(numbers.buffer as ArrayBuffer)]);
}

const run = (path: string, ...args: string[]) =>
  inProcess(["curvature", path, "--samples", "40", ...args]);

async function read(name: string, targets: "classes" | "pairs", ...args: string[]) {
  const { code, out, err } = await run(network(name), "--set", data[targets], "--json", ...args);
  expect(err).toBe("");
  expect(code).toBe(0);
  return JSON.parse(out);
}

/** The one line of a refusal, and its field. */
async function refused(code: number, path: string, ...args: string[]) {
  const outcome = await run(path, ...args, "--json");
  expect(outcome.out).toBe("");
  expect(outcome.code).toBe(code);
  expect(outcome.err.trimEnd().split("\n").length).toBe(1);
  expect(outcome.err).not.toMatch(/fault in ninscope/);
  return JSON.parse(outcome.err) as { error: string; field: string | null };
}

const tanh = ["--set", "network.activation=tanh"];

describe("ninscope curvature", () => {
  test("takes squared error for targets that are numbers, and says what it took", async () => {
    const found = await read("compiled", "pairs", ...tanh);
    const { meanLoss, eigenvalues } = expected.cases.find(({ name }) => name === "compiled") ?? {
      meanLoss: Number.NaN,
      eigenvalues: [],
    };
    expect(Math.abs(found.loss / meanLoss - 1)).toBeLessThan(1e-5);
    for (const [k, value] of eigenvalues[0].entries()) {
      expect(Math.abs(found.eigenvalues[k].value - value)).toBeLessThan(2e-5);
    }
    const prefix = "_orig_mod.module.net.";
    expect(found.network).toEqual({
      layers: [
        { weight: `${prefix}0.weight`, bias: `${prefix}0.bias`, shape: [14, 6] },
        { weight: `${prefix}3.weight`, bias: `${prefix}3.bias`, shape: [9, 14] },
        { weight: `${prefix}6.weight`, bias: `${prefix}6.bias`, shape: [2, 9] },
      ],
      activation: "tanh",
      loss: "mse",
      unused: [],
    });
  });

  test("takes cross-entropy for classes unless squared error is asked for", async () => {
    expect((await read("sequential", "classes", ...tanh)).network.loss).toBe("cross-entropy");
    const mse = await read("sequential", "classes", ...tanh, "--set", "network.loss=mse");
    expect(mse.network.loss).toBe("mse");
  });

  test("prints the network in words", async () => {
    const { out } = await run(network("without-biases"), "--set", data.classes, ...tanh);
    expect(out).toMatch(/fc1\.weight\s+│\s+11 x 6\s+│\s+none/);
    expect(out).toMatch(/fc2\.weight\s+│\s+11 x 11\s+│\s+fc2\.bias/);
    expect(out).toContain("activation tanh between them, loss cross-entropy");
  });

  test("refuses what contradicts file or targets, by its field", async () => {
    const of = (targets: string, set: string) => ["--set", data[targets], "--set", set];
    const loss = await refused(
      2,
      network("compiled"),
      ...of("pairs", "network.loss=cross-entropy"),
    );
    expect(loss).toMatchObject({
      field: "network.loss",
      error: expect.stringMatching(/numbers for targets/),
    });
    const widths = await refused(2, network("sequential"), ...of("classes", "network.layers=[16]"));
    expect(widths).toMatchObject({ field: "network.layers", error: /\[16,12\]/ });
    const bias = await refused(2, network("sequential"), ...of("classes", "network.bias=false"));
    expect(bias.field).toBe("network.bias");
    const ntk = await refused(2, network("sequential"), ...of("classes", "network.init=ntk"));
    expect(ntk.field).toBe("network.init");
    const other = await refused(2, network("sequential"), "--set", data.pairs);
    expect(other).toMatchObject({
      field: "data",
      error: expect.stringMatching(/has 6 inputs and 3 outputs: .* 2 numbers per target/),
    });
  });

  test("refuses an order that is not known until the layers are listed", async () => {
    const path = join(folder, "open.safetensors");
    const square = Float32Array.from({ length: 36 }, (_, i) => Math.sin(i));
    const tensors = {
      "up.weight": square,
      "down.weight": square.map((x) => -x),
      "out.weight": square.slice(0, 18),
      norm: square.slice(0, 6),
    };
    const shapes = { "up.weight": [6, 6], "down.weight": [6, 6], "out.weight": [3, 6] };
    await writeFile(path, encodeTensors({ tensors, shapes, metadata: {} }));
    const norm = await refused(2, path, "--set", data.classes);
    expect(norm).toMatchObject({
      field: "layers",
      error: expect.stringMatching(/norm \(6\) is not a matrix.*--layers/),
    });
    const { norm: _, ...rest } = tensors;
    await writeFile(path, encodeTensors({ tensors: rest, shapes, metadata: {} }));
    const order = await refused(2, path, "--set", data.classes);
    expect(order).toMatchObject({
      field: "layers",
      error: expect.stringMatching(/more than one order/),
    });
    const { code, out } = await run(
      path,
      ...["--layers", "up, down, out", "--set", data.classes, "--json"],
    );
    expect(code).toBe(0);
    expect(JSON.parse(out).network.layers.map(({ weight }: { weight: string }) => weight)).toEqual([
      "up.weight",
      "down.weight",
      "out.weight",
    ]);
  });

  test("refuses what is no tensors file as the user's input", async () => {
    const path = join(folder, "null.safetensors");
    for (const bytes of [
      Uint8Array.of(4, 0, 0, 0, 0, 0, 0, 0, ...Buffer.from("null")),
      new Uint8Array(0),
      Buffer.from("no tensors at all, but words"),
    ]) {
      await writeFile(path, bytes);
      const { error, field } = await refused(2, path, "--set", data.classes);
      expect(error).toMatch(/damaged or no safetensors file/);
      expect(field).toBe(path);
    }
  });

  test("says of weights that have diverged that their loss is not finite", async () => {
    const path = join(folder, "diverged.safetensors");
    const big = (n: number) => Float32Array.from({ length: n }, (_, i) => 1e15 * Math.sin(i + 1));
    const tensors = { "0.weight": big(48), "2.weight": big(64), "4.weight": big(24) };
    const shapes = { "0.weight": [8, 6], "2.weight": [8, 8], "4.weight": [3, 8] };
    await writeFile(path, encodeTensors({ tensors, shapes, metadata: {} }));
    const { error, field } = await refused(1, path, "--set", data.classes);
    expect(error).toMatch(/mean loss is \S+ at these weights: they have diverged/);
    expect(field).toBeNull();
  });
});
