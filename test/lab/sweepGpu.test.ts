import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { edited } from "../../lab/state/edit.js";
import { fragmentOf } from "../../lab/state/fragment.js";
import type { LabState } from "../../lab/state/labState.js";
import { executablePath, type Lab, openLab, SHORT, SIZES, SOFTWARE_GPU } from "./lab.js";

// A browser of its own: after its third crash of the GPU's process, Chromium gives no GPU any more.
describe.skipIf(executablePath === null)("a sweep in the lab", () => {
  let lab: Lab;
  const on: Lab["on"] = (...args) => lab.on(...args);

  beforeAll(async () => {
    lab = await openLab(SOFTWARE_GPU);
  });
  afterAll(() => lab?.close());

  it("goes on with a sweep whose GPU is lost", () => {
    const sweep = { ...SHORT.sweep, from: 1, to: 100, count: 3, seeds: 1 };
    const experiment = edited(SHORT.experiment, "steps", 200);
    const swept: LabState = {
      ...{ ...SHORT, experiment, panel: "sweep" },
      sweep: { ...sweep, machine: "gpu" },
    };
    return on(fragmentOf(swept), SIZES.desktop, async (page) => {
      await page.getByRole("button", { name: "Start" }).click();
      await page.waitForFunction(() => (document.querySelector("progress")?.value ?? 0) > 0.1);
      const session = await lab.browser.newBrowserCDPSession();
      await session.send("Browser.crashGpuProcess");
      await page.getByTestId("made").getByText("3 of 3 runs").waitFor();
      await page.getByRole("button", { name: "All made" }).waitFor();
      expect(await page.getByTestId("made").textContent()).toContain("3 of 3 runs");
    });
  });
});
