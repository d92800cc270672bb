import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { bundledForNode, bundledRuns } from "./bundle.js";
import { ELSEWHERE, ISOLATED, inChromium } from "./chromium.js";
import { currentNode, HAS_CURRENT_NODE, under } from "./currentNode.js";
import { fastHash, goldenHashes, type threadedHashes } from "./runs.js";
import { type ThreadedFast, threadedFast } from "./threadedRuns.js";

const run = promisify(execFile);
const GOLDEN = "test/golden/hashes.json";

describe("the baseline kernels' trajectories are the same bits", () => {
  let golden: unknown;
  let bundle: string;
  beforeAll(async () => {
    // NINSCOPE_GOLDEN=write makes new ones, after a change that means to change them.
    if (process.env.NINSCOPE_GOLDEN === "write") {
      await writeFile(GOLDEN, `${JSON.stringify(await goldenHashes(), null, 2)}\n`);
    }
    golden = JSON.parse(await readFile(GOLDEN, "utf8"));
    bundle = await bundledRuns();
  });

  test(`on this Node, ${process.version}`, async () => {
    expect(await goldenHashes()).toEqual(golden);
  });

  test.skipIf(!HAS_CURRENT_NODE)("on Node 24", async () => {
    const node = await currentNode();
    const { stdout } = await run(node, ["--version"]);
    expect(stdout).toMatch(/^v24\./);
    expect(await under(node, bundle, "goldenHashes")).toEqual(golden);
  });

  test.skipIf(!HAS_CURRENT_NODE)(
    "fast products in vectors of 256 bits, which Node 24 makes of pairs, are the bits that this Node makes",
    async () => {
      const node = await currentNode();
      const there = (await under(node, bundle, "fastHash")) as { vectorBits: number; hash: string };
      const here = await fastHash();
      expect(there.hash).toBe(here.hash);
      const flags = await readFile("/proc/cpuinfo", "utf8");
      expect(there.vectorBits).toBe(/\bavx2\b/.test(flags) && /\bfma\b/.test(flags) ? 256 : 128);
    },
  );

  test.skipIf(!HAS_CURRENT_NODE)(
    "fast runs in vectors of 256 bits under Node 24 are the same bits on 1 to 4 threads, and those that this Node makes",
    async () => {
      const node = await currentNode();
      const own = await bundledForNode("test/golden/threadedRuns.ts");
      const there = (await under(node, own, "threadedFast")) as ThreadedFast;
      const here = await threadedFast([undefined]);
      expect(there.hashes).toHaveLength(5);
      expect(new Set([...there.hashes, ...here.hashes]).size).toBe(1);
      // The wide build has tiles of 16 columns.
      expect(there.tileCols).toBe(there.vectorBits === 256 ? 16 : 8);
      expect([here.vectorBits, here.tileCols]).toEqual([128, 8]);
    },
  );

  test("in Chromium", async ({ skip }) => {
    const found = await inChromium(bundle, "goldenHashes");
    if (found === null) skip("no Chromium: set NINSCOPE_CHROMIUM to its path");
    expect(found).toEqual(golden);
  });

  test("in Chromium on one thread and on two, which share a cross-origin isolated page's memory", async ({
    skip,
  }) => {
    const found = await inChromium(bundle, "threadedHashes", [], undefined, ISOLATED);
    if (found === null) skip("no Chromium: set NINSCOPE_CHROMIUM to its path");
    const { why, hashes } = found as Awaited<ReturnType<typeof threadedHashes>>;
    expect(why).toEqual([
      expect.stringMatching(/^asked for; on one thread: (the run is too short|this host has one)/),
      "asked for; on one thread: asked for",
      "asked for; on 2 threads: asked for",
    ]);
    expect(hashes).toEqual([golden, golden]);
  });

  test("in Chromium on a page that is not isolated: on one thread, and the run says why", async ({
    skip,
  }) => {
    const why = await inChromium(bundle, "threadsOfRuns");
    if (why === null) skip("no Chromium: set NINSCOPE_CHROMIUM to its path");
    const one = "asked for; on one thread";
    const missing = `${one}: only Node, and a page that is cross-origin isolated, have threads within a run`;
    expect(why).toEqual([missing, `${one}: asked for`, missing]);
  });

  test("in Chromium on a page that came over plain http, where `crypto.subtle` is missing", async ({
    skip,
  }) => {
    const found = await inChromium(bundle, "hashesAndHost", [], ELSEWHERE);
    if (found === null) skip("no Chromium: set NINSCOPE_CHROMIUM to its path");
    expect(found).toEqual({ subtle: false, hashes: golden });
  });
});
