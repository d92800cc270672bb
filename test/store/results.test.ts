import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeSummaries, writeTrajectories } from "../../ts/store/node/results.js";
import { sweep } from "../../ts/sweep/sweep.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ninscope-results-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const buffer = async (name: string) => {
  const bytes = await readFile(join(folder, name));
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
};

test("swept fields stand in Parquet as they are: strings without quotes, numbers, truth values", async () => {
  const { runs } = await sweep(
    {
      network: { layers: [3] },
      data: { name: "gaussian-mixture", inputs: 2, classes: 2, train: 8, test: 0 },
      steps: 2,
      sweep: {
        "network.activation": ["relu", "tanh"],
        "optimizer.batchSize": ["full", 4],
        "network.bias": [true, false],
        "network.layers": [[3], [2, 2]],
        seed: [0, 1],
      },
    },
    { workers: 0, backend: "wasm" },
  );
  expect(runs).toHaveLength(32);
  await writeSummaries(folder, runs, {});
  const recorded = runs.map(({ fields, trajectory }) => ({
    fields,
    trajectory: async () => trajectory,
  }));
  await writeTrajectories(folder, recorded, {});
  for (const name of ["summary.parquet", "trajectory.parquet"]) {
    const file = await buffer(name);
    const rows = await parquetReadObjects({ file });
    const found = runs.map((_, i) => rows.find((row) => row.run === i)!);
    for (const [i, { fields }] of runs.entries()) {
      expect(found[i]["network.activation"]).toBe(fields["network.activation"]);
      expect(found[i]["optimizer.batchSize"]).toBe(String(fields["optimizer.batchSize"]));
      expect(found[i]["network.bias"]).toBe(fields["network.bias"]);
      expect(found[i]["network.layers"]).toBe(JSON.stringify(fields["network.layers"]));
      expect(found[i].seed).toBe(fields.seed);
    }
    const relu = rows.filter((row) => row["network.activation"] === "relu");
    expect(relu.length).toBe(rows.length / 2);
    const types = Object.fromEntries(
      parquetMetadata(file).schema.map((column) => [
        column.name,
        column.converted_type ?? column.type,
      ]),
    );
    expect(types).toMatchObject({
      "network.activation": "UTF8",
      "optimizer.batchSize": "UTF8",
      "network.bias": "BOOLEAN",
      "network.layers": "UTF8",
      seed: "DOUBLE",
    });
  }
});
