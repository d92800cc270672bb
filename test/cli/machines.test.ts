import { expect, test } from "vitest";
import { inProcess } from "./run.js";

// `verify` and `bench`, with whatever machines this host has.

const small = ["network.layers=[4]", "data.name=gaussian-mixture", "data.inputs=3", "data.train=40"]
  .concat("optimizer.batchSize=20")
  .flatMap((field) => ["--set", field]);

test("verify prints its checks as JSON", async () => {
  const { code, out, err } = await inProcess(["verify", ...small, "--json"]);
  expect([code, err]).toEqual([0, ""]);
  const { backends, checks, passed } = JSON.parse(out);
  expect(backends).toContain("wasm");
  expect(passed).toBe(true);
  for (const check of checks) {
    expect(Object.keys(check)).toEqual(["name", "backend", "error", "bound", "passed"]);
    expect(check.error).toBeLessThanOrEqual(check.bound);
  }
});

test("verify prints a table, and says what is there", async () => {
  const { code, out } = await inProcess(["verify", ...small, "--quiet"]);
  expect(code).toBe(0);
  expect(out).toMatch(/gradient of one step .* ok/);
  expect(out).toMatch(/wasm \(baseline\), .*: all within bounds\n$/);
});

test("verify names a field that is wrong", async () => {
  const { code, out, err } = await inProcess(["verify", "--set", "network.layers=5"]);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toMatch(/^ninscope: network.layers is 5: .*\n$/);
});

test("bench prints its rows as JSON, and warns of software", async () => {
  const { code, out, err } = await inProcess(["bench", "--quick", "--json"]);
  expect(code).toBe(0);
  const { adapter, software, note, rows, crossovers } = JSON.parse(out);
  expect(rows.length).toBe(adapter === null ? 4 : 8);
  expect(crossovers.length).toBe(2);
  expect(note === null).toBe(adapter !== null);
  expect(err).toBe(
    software
      ? "WARNING: this GPU is emulated in software. Its times say nothing about real GPUs.\n"
      : "",
  );
});

test("bench prints a table; quick and full are not to be had at once", async () => {
  const { code, out } = await inProcess(["bench", "--quick", "--quiet"]);
  expect(code).toBe(0);
  expect(out).toMatch(/backend .* width .* batch .* replicas .* steps\/s/);
  expect(out).toMatch(/batch 32, replicas 4: the [CG]PU is faster/);
  expect(out).toMatch(/no GPU: |GPU: .* peak/);
  const both = await inProcess(["bench", "--quick", "--full"]);
  expect([both.code, both.out]).toEqual([2, ""]);
  expect(both.err).toContain("--full");
});
