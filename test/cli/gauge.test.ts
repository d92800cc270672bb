import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Interrupted } from "../../ts/cli/interrupt.js";
import { jsonlOf, linesOf, logged, npzOf } from "../gauge/logs.js";
import { inProcess } from "./run.js";

const whole = logged(40);
const lines = linesOf(whole);

let folder: string;
let npz: string;
let jsonl: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ninscope-gauge-"));
  npz = join(folder, "log.npz");
  jsonl = join(folder, "log.jsonl");
  await writeFile(npz, npzOf(whole));
  await writeFile(jsonl, jsonlOf(lines));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function gauged(...args: string[]) {
  const { code, out, err } = await inProcess(["gauge", ...args, "--json"]);
  expect([code, err]).toEqual([0, ""]);
  return JSON.parse(out);
}

describe("ninscope gauge", () => {
  test("prints phase, evidence, curvature, time scales and verdict as JSON, from either kind of log", async () => {
    const found = await gauged(npz);
    expect(Object.keys(found).sort()).toEqual(
      [
        ...[
          "addedLoss",
          "alarms",
          "curvature",
          "evidence",
          "kappa",
          "nodes",
          "now",
          "phase",
          "stableUpTo",
        ],
        ...["steps", "timeScales", "verdict"],
      ].sort(),
    );
    expect(found.evidence.phase).toBe(found.phase);
    expect(found.curvature).toHaveLength(5);
    expect(Object.keys(found.curvature[0])).toEqual(["step", "value", "error"]);
    expect(found.timeScales.memory).toHaveProperty("tau");
    expect(found.verdict).toContain("curvature along the noise");
    expect(found.steps).toEqual({ count: 40, first: 0, last: 78 });
    const other = await gauged(jsonl);
    expect(other.phase).toBe(found.phase);
    for (const [i, { value }] of other.curvature.entries()) {
      expect(value).toBeCloseTo(found.curvature[i].value, 12);
    }
  });

  test("takes the curvature now over --last steps", async () => {
    const { now, curvature } = await gauged(npz, "--last", "16");
    expect(now.steps).toBe(16);
    expect(now.value).not.toBe(curvature.at(-1).value);
    expect((await gauged(npz)).now.value).toBe(curvature.at(-1).value);
  });

  test("describes the log in words and tables", async () => {
    const { code, out } = await inProcess(["gauge", npz]);
    expect(code).toBe(0);
    expect(out).toMatch(/^curvature along the noise .* ± /);
    expect(out).toContain("their memory of the start");
    expect(out).toMatch(/40 records, steps 0 to 78\n$/);
    expect(out.match(/^│ [\d.]+ +│ -?[\d.]+(e-\d+)? +│/gm)).toHaveLength(5);
  });

  test("writes summary, report, figure and a row for each record, and replaces them only when forced", async () => {
    const out = join(folder, "out");
    const { code, err } = await inProcess(["gauge", npz, "--out", out]);
    expect([code, err]).toEqual([0, ""]);
    const read = (name: string) => readFile(join(out, name), "utf8");
    expect(JSON.parse(await read("summary.json"))).toEqual(await gauged(npz));
    const rows = (await read("gauge.csv")).trim().split("\n");
    expect(rows).toHaveLength(41);
    expect(rows[0]).toMatch(/^step,loss,norm,memory,kick,reading,/);
    expect(Number(rows[3].split(",")[1])).toBe(whole.loss[2]);
    expect(rows[1]).toMatch(/,,,$/);
    const svg = await read("figures/gauge.svg");
    for (const text of [svg, await read("report.html")]) {
      expect(text).toContain("curvature along the noise weights");
      expect(text).not.toMatch(/NaN|undefined/);
    }
    expect((await inProcess(["gauge", npz, "--out", out])).err).toContain("--force");
    expect((await inProcess(["gauge", jsonl, "--out", out, "--force"])).code).toBe(0);
  });

  test("tells that training diverged", async () => {
    const path = join(folder, "diverged.jsonl");
    const lost = { step: 200, loss: null, norm: null, memory: null, product: null, gradient: null };
    await writeFile(path, jsonlOf([...lines, lost]));
    const { phase, alarms } = await gauged(path);
    expect(phase).toBe("divergent");
    expect(alarms.join()).toContain("training diverges");
  });

  test.each([
    [["nowhere.npz"], 'LOG is "nowhere.npz": there is no such file'],
    [["NPZ", "--last", "0"], "--last is"],
    [["NPZ", "--follow"], "--follow takes a log of JSON lines"],
    [["JSONL", "--follow", "--out", "x"], "--out"],
    [["nowhere.jsonl", "--follow"], "there is no such file"],
    [["package.json"], "package.json, line 1"],
  ])("refuses %j in one line", async (args, message) => {
    const paths: Record<string, string> = { NPZ: npz, JSONL: jsonl };
    const { code, err } = await inProcess(["gauge", ...args.map((arg) => paths[arg] ?? arg)]);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(err.trim().split("\n")).toHaveLength(1);
  });
});

describe("ninscope gauge --follow", () => {
  /** Follows a log, and waits until so many lines are printed. */
  function following(path: string, ...more: string[]) {
    const interrupt = new AbortController();
    const outcome = inProcess(["gauge", path, "--follow", ...more], interrupt.signal);
    const { mock } = vi.mocked(process.stdout.write);
    const printed = (count: number) =>
      vi.waitUntil(() => mock.calls.length >= count, { timeout: 600_000 });
    return { outcome, printed, interrupt };
  }

  test("prints a line each time the log grows, and ends when the log is removed", async () => {
    const path = join(folder, "growing.jsonl");
    await writeFile(path, "");
    const { outcome, printed } = following(path);
    await appendFile(path, jsonlOf(lines.slice(0, 12)));
    await printed(1);
    const text = jsonlOf(lines.slice(12, 30));
    await appendFile(path, text.slice(0, -20));
    await printed(2);
    await appendFile(path, text.slice(-20));
    await printed(3);
    await rm(path);
    const { code, out, err } = await outcome;
    expect([code, err]).toEqual([0, ""]);
    const steps = [...out.matchAll(/^step (\d+): \w+, loss [\d.]+, norm [\d.]+, memory/gm)];
    expect(steps.map(([, step]) => Number(step))).toEqual([20, 54, 56]);
  });

  test("prints JSON lines, begins anew with a log that does, and ends with Ctrl-C", async () => {
    const path = join(folder, "again.jsonl");
    await writeFile(path, jsonlOf(lines));
    const { outcome, printed, interrupt } = following(path, "--json");
    await printed(1);
    await writeFile(path, jsonlOf(lines.slice(0, 9)));
    await printed(2);
    interrupt.abort(new Interrupted("SIGINT"));
    const { code, out } = await outcome;
    expect(code).toBe(130);
    const counts = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).steps.count);
    expect(counts).toEqual([40, 8]);
  });

  test("refuses a broken line, and ends", async () => {
    const path = join(folder, "broken.jsonl");
    await writeFile(path, jsonlOf(lines.slice(0, 9)));
    const { outcome, printed } = following(path);
    await printed(1);
    await appendFile(path, "{\n");
    const { code, err } = await outcome;
    expect([code, err]).toEqual([2, expect.stringContaining("broken.jsonl, line 10: ")]);
  });
});
