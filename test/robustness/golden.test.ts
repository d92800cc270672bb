import { readFile, writeFile } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { bundledRuns } from "../golden/bundle.js";
import { inChromium } from "../golden/chromium.js";
import { currentNode, HAS_CURRENT_NODE, under } from "../golden/currentNode.js";
import { corruptionHashes } from "./hashes.js";

const GOLDEN = "test/robustness/hashes.json";

describe("corrupted images are the same bits", () => {
  let golden: unknown;
  let bundle: string;
  beforeAll(async () => {
    // NINSCOPE_GOLDEN=write makes new ones, after a change that means to change them.
    if (process.env.NINSCOPE_GOLDEN === "write") {
      await writeFile(GOLDEN, `${JSON.stringify(await corruptionHashes(), null, 2)}\n`);
    }
    golden = JSON.parse(await readFile(GOLDEN, "utf8"));
    bundle = await bundledRuns("test/robustness/hashes.ts");
  });

  test(`on this Node, ${process.version}`, async () => {
    expect(await corruptionHashes()).toEqual(golden);
  });

  test.skipIf(!HAS_CURRENT_NODE)("on Node 24", async () => {
    expect(await under(await currentNode(), bundle, "corruptionHashes")).toEqual(golden);
  });

  test("in Chromium", async ({ skip }) => {
    const found = await inChromium(bundle, "corruptionHashes");
    if (found === null) skip("no Chromium: set NINSCOPE_CHROMIUM to its path");
    expect(found).toEqual(golden);
  });
});
