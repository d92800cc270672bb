import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asProcess } from "./run.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ninscope-process-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const LONG = ["train", "--set", "epochs=1000000", "--set", "record.evaluateEvery=1000"].concat(
  "--checkpoint-every",
  "0.5",
);
const SHORT = ["train", "--set", "epochs=1", "--set", "data.train=100"];
const later = (ms: number) => new Promise((done) => setTimeout(done, ms));
const files = (path: string) =>
  existsSync(path) ? readdir(path, { recursive: true }) : Promise.resolve([]);

describe("the command as a process", () => {
  test.each(["SIGINT", "SIGTERM"] as const)(
    "%s ends it in the midst of its run, with 130",
    async (signal) => {
      const out = join(folder, signal);
      const child = asProcess([...LONG, "--out", out]);
      // It is in the midst of its run once it keeps a checkpoint.
      while ((await files(out)).length === 0) await later(20);
      child.kill(signal);
      const { code, err, signal: killed } = await child.outcome;
      expect(killed).toBe(null);
      expect(code).toBe(130);
      expect(err).toMatch(/ninscope: interrupted \(SIG(INT|TERM)\); all files are complete\n$/);
      expect(
        (await files(out)).filter((name) => /part|summary|parquet/.test(String(name))),
      ).toEqual([]);
    },
  );

  test("kill -9 leaves a whole result or none", async () => {
    const args = [...SHORT, "--out", join(folder, "killed")];
    for (const delay of [200, 400, 600, 800]) {
      const child = asProcess(args);
      await later(delay);
      child.kill("SIGKILL");
      await child.outcome;
      for (const name of ["experiment.json", "summary.json"]) {
        const path = join(folder, "killed", name);
        if (existsSync(path)) JSON.parse(await readFile(path, "utf8"));
      }
    }
    // And the folder can be used again.
    expect((await asProcess([...args, "--force"]).outcome).code).toBe(0);
    expect(
      JSON.parse(await readFile(join(folder, "killed", "summary.json"), "utf8")).phase,
    ).toBeDefined();
  });

  test("a full disk is a failed run, said in one line, and leaves nothing half-written", async () => {
    const out = join(folder, "full");
    // No file may grow beyond 4 kB: what is larger cannot be written, as on a full disk.
    const limited = asProcess([...SHORT, "--out", out], "ulimit -f 4; trap '' XFSZ;");
    const { code, err } = await limited.outcome;
    expect(code).toBe(1);
    expect(err).toMatch(/^ninscope: [^\n]*could not be written: [^\n]+\n$/);
    expect((await files(out)).filter((name) => /part/.test(String(name)))).toEqual([]);
    expect(existsSync(join(out, "summary.json"))).toBe(false);
  });

  test.each([
    ["train", SHORT],
    ["data list", ["data", "list"]],
    ["help", ["help"]],
  ])("%s says that a full device takes no output", async (_, args) => {
    const { code, err } = await asProcess(args, "exec 1>/dev/full;").outcome;
    const line = "standard output could not be written: the disk is full";
    expect([code, err]).toEqual([1, `ninscope: ${line}\n`]);
  });

  test("a full device is told as JSON too", async () => {
    const { code, err } = await asProcess([...SHORT, "--json"], "exec 1>/dev/full;").outcome;
    expect(code).toBe(1);
    expect(JSON.parse(err)).toEqual({ error: expect.stringMatching(/disk is full/), field: null });
  });

  test("a read-only disk is told as such", async ({ skip }) => {
    const disk = await mkdtemp(join(folder, "disk-"));
    const mount = `mount -t tmpfs -o ro tmpfs ${disk} 2>/dev/null || exit 77;`;
    const inside = asProcess([...SHORT, "--out", join(disk, "a", "b")], mount, ["unshare", "-m"]);
    const { code, err } = await inside.outcome;
    if (code === 77 || /unshare/.test(err)) skip("this user may mount no disk");
    expect(code).toBe(1);
    expect(err).toMatch(/^ninscope: \S+ could not be written: the file system is read-only\n$/);
  });

  test("a reader that goes away is no failure", async () => {
    const { err } = await asProcess(["phases", "--seeds", "1"], "exec 1> >(head -c 1 >/dev/null);")
      .outcome;
    expect(err).not.toMatch(/EPIPE|Error|at /);
  });

  test("progress goes to standard error, and is silent with --quiet and --json", async () => {
    const { out, err, code } = await asProcess([...SHORT, "--json"]).outcome;
    expect([code, err]).toEqual([0, ""]);
    expect(() => JSON.parse(out)).not.toThrow();
    expect((await asProcess([...SHORT, "--quiet"]).outcome).err).toBe("");
  });
});
