import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

it("a process that may open no more files says so, keeps what it can, and goes on once it may", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ninscope-files-"));
  try {
    const script = `ulimit -n 128; exec '${process.execPath}' test/support/fewFiles.mjs '${folder}'`;
    const { stdout, stderr } = await promisify(execFile)("bash", ["-c", script]);
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({
      outcomes: [
        expect.stringMatching(
          /^RunError: \S+ could not be (read|written): too many files are open$/,
        ),
        ...["done", "done", "done"],
      ],
      kept: [true, true, true],
    });
    expect((await readdir(folder)).sort()).toEqual([
      "figures",
      "journal.jsonl",
      "trajectories.pack",
    ]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
