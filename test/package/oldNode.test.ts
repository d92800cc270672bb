import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const run = promisify(execFile);

describe("the command on a Node that is too old", () => {
  let folder: string;
  let preload: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "ninscope-old-"));
    preload = join(folder, "old.cjs");
    const versions = '{ value: { ...process.versions, node: "18.20.8" } }';
    await writeFile(preload, `Object.defineProperty(process, "versions", ${versions});\n`);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each([
    [[], "ninscope: needs Node 20 or newer; this is 18.20.8\n"],
    [["--json"], '{"error":"needs Node 20 or newer; this is 18.20.8","field":null}\n'],
  ])("says which it needs, and loads nothing more: %j", async (args, line) => {
    const command = ["-r", preload, "dist/cli.js", "train", ...args];
    const failed = await run(process.execPath, command).catch((error) => error);
    expect(failed).toMatchObject({ code: 1, stdout: "", stderr: line });
  });

  test("Node 12 can read the file that says so: it has no newer syntax and no static import", async () => {
    const text = await readFile("dist/cli.js", "utf8");
    const options = { target: ts.ScriptTarget.ES2020, module: ts.ModuleKind.ES2020 };
    const { outputText } = ts.transpileModule(text, { compilerOptions: options });
    const plain = (source: string) => source.replace(/"use strict";|\s+/g, "");
    expect(plain(outputText)).toBe(plain(text));
    expect(text).not.toMatch(/^import |^export |\bawait\b|\?\.|\?\?/m);
  });
});
