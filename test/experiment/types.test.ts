import { readFileSync } from "node:fs";
import type { InferInput, InferOutput } from "valibot";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { DataInput, DataSpec } from "../../ts/data/dataSpec.js";
import type { dataSchema } from "../../ts/data/specs.js";
import type { Experiment, ExperimentInput } from "../../ts/experiment/experiment.js";
import { parseExperiment } from "../../ts/experiment/parse.js";
import type { experimentSchema } from "../../ts/experiment/schema.js";

// `tsc --noEmit` reads these: it fails on a field that only a schema or only its documented type has.
it("the documented types are the schemas' own", () => {
  expectTypeOf<InferInput<typeof dataSchema>>().toEqualTypeOf<DataInput>();
  expectTypeOf<InferOutput<typeof dataSchema>>().toEqualTypeOf<DataSpec>();
  expectTypeOf<InferInput<typeof experimentSchema>>().toEqualTypeOf<ExperimentInput>();
  expectTypeOf<InferOutput<typeof experimentSchema>>().toEqualTypeOf<Experiment>();
});

/** The defaults that an interface's docstrings name: `: 1 if left out` or `` `he` (the default) ``, by field. */
function documented(file: string, name: string): Map<string, string> {
  const text = readFileSync(file, "utf8");
  const start = text.search(new RegExp(`^export interface ${name}\\b`, "m"));
  const body = text.slice(start, text.indexOf("\n}", start));
  const fields = body.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n {2}(\w+)\??:/g);
  const found = [...fields].flatMap(([, comment, field]): [string, string][] => {
    const flat = comment.replace(/\s*\n\s*\*\s*/g, " ");
    const value =
      flat.match(/: `?([^`\s][^`]*?)`? if left out/)?.[1] ??
      flat.match(/`(\w+)` \(the default\)/)?.[1];
    return value ? [[field, value]] : [];
  });
  return new Map(found);
}

const text = (value: unknown) =>
  Array.isArray(value) ? JSON.stringify(value).replaceAll(",", ", ") : String(value);

describe("the documented defaults are the schemas'", () => {
  const { network, noise, optimizer, record, seed } = parseExperiment({});
  const whole: Record<string, unknown> = { seed };
  it.each([
    ["NetworkSpec", network, 5],
    ["NoiseGroup", noise[0], 6],
    ["OptimizerSpec", optimizer, 4],
    ["RecordSpec", record, 2],
    ["Experiment", whole, 1],
  ])("%s", (name, values, count) => {
    const found = documented("ts/experiment/experiment.ts", name);
    expect(found.size).toBe(count);
    for (const [field, value] of found) {
      expect(`${field} ${value}`).toBe(`${field} ${text((values as typeof whole)[field])}`);
    }
  });
  it.each([
    ["LinearRegressionSpec", { name: "linear-regression" }, 5],
    ["TeacherSpec", { name: "teacher" }, 7],
    ["GaussianMixtureSpec", { name: "gaussian-mixture" }, 5],
    ["SpiralSpec", { name: "spiral" }, 5],
    ["ImagesSpec", { name: "mnist" }, 3],
    ["IdxSpec", { name: "idx", images: "a", labels: "b" }, 1],
    ["NpzSpec", { name: "npz", path: "a" }, 2],
    ["ColumnsSpec", { name: "npz", path: "a" }, 1],
  ])("%s", (name, data, count) => {
    const values = parseExperiment({ data }).data as unknown as Record<string, unknown>;
    const found = documented("ts/data/dataSpec.ts", name);
    expect(found.size).toBe(count);
    for (const [field, value] of found) {
      expect(`${field} ${value}`).toBe(`${field} ${text(values[field])}`);
    }
  });
});
