import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { nodeFiles } from "../../../ts/data/node/files.js";
import { KNOWN_SETS } from "../../../ts/data/node/sets.js";
import { InputError } from "../../../ts/errors/errors.js";

const folder = await mkdtemp(join(tmpdir(), "ninscope-read-"));
afterAll(() => rm(folder, { recursive: true }));

async function refusal(path: string): Promise<string> {
  const error = await nodeFiles()
    .read(path, "data.path")
    .catch((e) => e);
  expect(error).toBeInstanceOf(InputError);
  expect(error.field).toBe("data.path");
  return error.message;
}

describe("a path that is no file's", () => {
  test.each([
    ["nowhere", "nowhere", "there is no such file"],
    ["a folder", "", "it is a folder"],
    ["below a file", "file/below", "there is no such file"],
  ])("%s", async (_, path, why) => {
    await writeFile(join(folder, "file"), "x");
    const place = join(folder, path);
    expect(await refusal(place)).toBe(
      `data.path is ${JSON.stringify(place)}: ${why}; takes the path of a file`,
    );
  });

  test.skipIf(process.platform === "win32")("a device or a pipe, which may never end", async () => {
    expect(await refusal("/dev/zero")).toMatch(/it is not a regular file/);
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    expect(await refusal(pipe)).toMatch(/it is not a regular file/);
  });

  test("a name that no file can have", async () => {
    expect(await refusal("a\0b\nc")).toMatch(/^data\.path is "a\\u0000b\\nc": /);
  });
});

test("folders in the place of a set's files are named", async () => {
  const place = join(folder, "mnist");
  for (const { name } of KNOWN_SETS.mnist.files)
    await mkdir(join(place, name), { recursive: true });
  const error = await nodeFiles()
    .named("mnist", place, true)
    .catch((e) => e);
  expect(error).toBeInstanceOf(InputError);
  expect(error.message).toMatch(/train-images-idx3-ubyte\.gz": it is a folder/);
});
