import { expect, test } from "vitest";
import { inProcess } from "./run.js";

const SMALL = [
  "train",
  "--json",
  "--backend",
  "wasm",
  ...["--set", "epochs=1", "--set", "data.train=100"],
];

test.each([
  ["0", "0"],
  ["1.5", "1.5"],
  ["two", '"two"'],
  ["-1", "-1"],
  ["129", "129"],
  ["", '""'],
  ["NaN", '"NaN"'],
])("--threads %j is refused", async (given, shown) => {
  const { code, out, err } = await inProcess([...SMALL, "--threads", given]);
  expect(code).toBe(2);
  expect(out + err).toContain("--threads");
  expect(JSON.parse(out || err).error).toBe(
    `--threads is ${shown}: takes auto or an integer from 1 to 128`,
  );
});

test("--threads 2 makes the same run, and says how", async () => {
  const runs = [];
  for (const threads of ["1", "2"]) {
    const { code, out } = await inProcess([...SMALL, "--threads", threads]);
    expect(code).toBe(0);
    const { why, timing, ...summary } = JSON.parse(out);
    expect(why).toContain(threads === "1" ? "on one thread: asked for" : "on 2 threads: asked for");
    runs.push(summary);
  }
  expect(runs[1]).toEqual(runs[0]);
});
