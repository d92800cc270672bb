import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { fetchSet } from "../../../ts/data/node/download.js";
import { nodeFiles } from "../../../ts/data/node/files.js";
import { checkSet } from "../../../ts/data/node/inventory.js";
import { locate } from "../../../ts/data/node/locate.js";
import { KNOWN_SETS } from "../../../ts/data/node/sets.js";
import { InputError, RunError } from "../../../ts/errors/errors.js";
import { idx } from "../files.js";

/** Small files of the same names as the published ones, and of their own checksums. */
const images = (rows: number) => idx([rows, 2, 2], new Uint8Array(4 * rows).fill(7));
const FILES: Readonly<Record<string, Uint8Array>> = {
  "train-images-idx3-ubyte.gz": new Uint8Array(gzipSync(images(6))),
  "train-labels-idx1-ubyte.gz": new Uint8Array(gzipSync(idx([6], [0, 1, 2, 3, 4, 5]))),
  "t10k-images-idx3-ubyte.gz": new Uint8Array(gzipSync(images(3))),
  "t10k-labels-idx1-ubyte.gz": new Uint8Array(gzipSync(idx([3], [0, 1, 2]))),
};
const FIRST = "train-images-idx3-ubyte.gz";

vi.mock("../../../ts/data/node/sets.js", async (original) => {
  const { KNOWN_SETS: known } = (await original()) as { KNOWN_SETS: any };
  return { KNOWN_SETS: structuredClone(known) };
});

type Answer = (answer: ServerResponse, file: Uint8Array, name: string) => void;
const whole: Answer = (answer, file) => answer.setHeader("content-length", file.length).end(file);

describe("downloading a data set", () => {
  let answer = whole;
  let asked: string[] = [];
  const server = createServer((request, response) => {
    const name = request.url!.slice(1);
    asked.push(name);
    answer(response, FILES[name], name);
  });
  let baseUrl = "";
  let folder = "";

  beforeAll(async () => {
    for (const file of KNOWN_SETS["fashion-mnist"].files) {
      const sha256 = createHash("sha256").update(FILES[file.name]).digest("hex");
      Object.assign(file, { sha256 });
    }
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterAll(() => void server.close());
  beforeEach(async () => {
    answer = whole;
    asked = [];
    folder = await mkdtemp(join(tmpdir(), "ninscope-data-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const fetched = (more = {}) => fetchSet("fashion-mnist", { folder, baseUrl, ...more });

  test("brings four whole files, says how far it is, and is not repeated", async () => {
    const progress: [string, number, number | null][] = [];
    expect(
      await fetched({
        onProgress: (...args: [string, number, number | null]) => progress.push(args),
      }),
    ).toBe(folder);
    expect((await readdir(folder)).sort()).toEqual(Object.keys(FILES).sort());
    for (const [name, bytes] of Object.entries(FILES)) {
      expect(new Uint8Array(await readFile(join(folder, name)))).toEqual(bytes);
      expect(progress).toContainEqual([name, bytes.length, bytes.length]);
    }
    expect(await checkSet("fashion-mnist", folder)).toEqual(
      Object.keys(FILES).map((file) => ({ file, state: "whole" })),
    );
    await fetched();
    expect(asked).toHaveLength(4);
  });

  test("an experiment that names the set gets it", async () => {
    vi.stubEnv("NINSCOPE_CACHE", folder);
    vi.stubEnv("NINSCOPE_DATA", folder);
    Object.assign(KNOWN_SETS["fashion-mnist"], { packages: [] });
    const { testImages, ...training } = await nodeFiles({ download: true, baseUrl }).named(
      "fashion-mnist",
      undefined,
      true,
    );
    expect(gzipSync(training.images.bytes)).toEqual(gzipSync(gunzipSync(FILES[FIRST])));
    expect(testImages?.field).toContain("t10k-images");
    expect(await locate("fashion-mnist")).toBe(join(folder, "fashion-mnist"));
    vi.unstubAllEnvs();
  });

  const failures: [string, Answer, RegExp][] = [
    [
      "an answer of 404",
      (response) => response.writeHead(404).end("no"),
      /the server answered 404/,
    ],
    [
      "another file",
      (response) => response.end("something else"),
      /its SHA-256 is [0-9a-f]{64}: expected [0-9a-f]{64}/,
    ],
    [
      "half a file, announced as whole",
      (response, file) => {
        response.setHeader("content-length", file.length);
        response.write(file.subarray(0, file.length >> 1));
        setTimeout(() => response.destroy(), 20);
      },
      /could not be downloaded: /,
    ],
    [
      "half a file, unannounced",
      (response, file) => response.end(file.subarray(0, file.length >> 1)),
      /SHA-256/,
    ],
    [
      "a file with one bit turned",
      (response, file) => response.end(file.map((b, i) => (i === 20 ? b ^ 1 : b))),
      /SHA-256/,
    ],
    ["a connection that breaks", (response) => response.destroy(), /could not be downloaded: /],
  ];
  test.each(failures)("%s is refused, and leaves nothing behind", async (_, how, message) => {
    answer = how;
    const error = await fetched().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(RunError);
    expect((error as RunError).message).toMatch(message);
    expect((error as RunError).message).toContain(FIRST);
    expect(await readdir(folder)).toEqual([]);
    answer = whole;
    await fetched();
    expect(await readdir(folder)).toHaveLength(4);
  });

  test("a redirection is followed", async () => {
    answer = (response, _, name) =>
      name.startsWith("moved/")
        ? whole(response, FILES[name.slice(6)], name)
        : response.writeHead(302, { location: `/moved/${name}` }).end();
    await fetched();
    expect(asked).toHaveLength(8);
  });

  test("a server that falls silent is given up", async () => {
    answer = (response, file) => void response.write(file.subarray(0, 10));
    await expect(fetched({ stallMs: 100 })).rejects.toThrow(/no data came for 0\.1 s/);
    expect(await readdir(folder)).toEqual([]);
    server.closeAllConnections();
  });

  test("a signal ends it, and leaves nothing behind", async () => {
    answer = (response, file) => void response.write(file.subarray(0, 10));
    const control = new AbortController();
    setTimeout(() => control.abort(new Error("enough")), 50);
    await expect(fetched({ signal: control.signal })).rejects.toThrow("enough");
    expect(await readdir(folder)).toEqual([]);
    server.closeAllConnections();
  });

  test("a part left by a process that was killed is not taken for the file", async () => {
    await writeFile(join(folder, `${FIRST}.12345.part`), FILES[FIRST].subarray(0, 5));
    expect(await locate("fashion-mnist", folder)).toBe(null);
    await fetched();
    expect(await checkSet("fashion-mnist", folder)).toContainEqual({ file: FIRST, state: "whole" });
  });

  test("a damaged file is told from a whole one, an unpacked one is said to be that", async () => {
    await fetched();
    await writeFile(join(folder, FIRST), "broken");
    expect((await checkSet("fashion-mnist", folder))[0]).toEqual({ file: FIRST, state: "wrong" });
    await rm(join(folder, FIRST));
    await writeFile(join(folder, FIRST.replace(".gz", "")), images(6));
    expect((await checkSet("fashion-mnist", folder))[0]).toEqual({
      file: FIRST.replace(".gz", ""),
      state: "unpacked",
    });
    expect(await locate("fashion-mnist", folder)).toBe(folder);
  });

  test("a folder that a file stands in the way of is named", async () => {
    const file = join(folder, "file");
    await writeFile(file, "");
    const error = await fetchSet("fashion-mnist", { folder: join(file, "below"), baseUrl }).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(RunError);
    expect((error as RunError).message).toContain(file);
  });
});

describe("files of this machine", () => {
  const files = nodeFiles();
  test.each([
    ["/nowhere/at/all.csv", /there is no such file/],
    ["/", /it is a folder/],
  ])("%s is refused with its field", async (path, message) => {
    const error = await files.read(path, "data.path").catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).field).toBe("data.path");
    expect((error as InputError).message).toMatch(message);
  });

  test("a set that is nowhere says how to get it; a folder without it is named", async () => {
    vi.stubEnv("NINSCOPE_CACHE", "/nowhere");
    Object.assign(KNOWN_SETS.mnist, { packages: [] });
    await expect(files.named("mnist", undefined, false)).rejects.toThrow(
      /ninscope data fetch mnist/,
    );
    await expect(files.named("mnist", "/nowhere", false)).rejects.toThrow(
      /data\.folder is "\/nowhere"/,
    );
    vi.unstubAllEnvs();
  });
});
