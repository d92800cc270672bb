import { expect, test } from "vitest";
import { bundledRuns } from "../golden/bundle.js";
import { inChromium } from "../golden/chromium.js";
import { probeHere } from "./probeRun.js";

test("a page's own thread makes a probe, of the same bits as Node's", async ({ skip }) => {
  const found = await inChromium(await bundledRuns("test/gauge/probeRun.ts"), "probeHere");
  if (found === null) return skip("no Chromium: set NINSCOPE_CHROMIUM to its path");
  expect(found).toEqual(probeHere());
});
