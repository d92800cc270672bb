import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { edited } from "../../lab/state/edit.js";
import { fragmentOf } from "../../lab/state/fragment.js";
import type { LabState } from "../../lab/state/labState.js";
import { hashRuns, train } from "../../ts/entries/browser.js";
import { executablePath, hashOn, type Lab, openLab, SHORT, SIZES, SOFTWARE_GPU } from "./lab.js";

/** Long enough to do something while it plays. */
const LONG: LabState = { ...SHORT, experiment: edited(SHORT.experiment, "steps", 1000) };

describe.skipIf(executablePath === null)("a run in the lab", () => {
  let lab: Lab;
  const on: Lab["on"] = (...args) => lab.on(...args);

  beforeAll(async () => {
    lab = await openLab(SOFTWARE_GPU);
  });
  afterAll(() => lab?.close());

  it("sets momentum, weight decay, a second group of noise nodes and a stop, as Node trains them", async () => {
    let made: string | null = "";
    await on(fragmentOf(SHORT), SIZES.desktop, async (page) => {
      await page.getByRole("button", { name: "Add noise nodes to another layer" }).click();
      await page.getByLabel("Momentum").fill("0.5");
      await page.getByLabel("Weight decay").fill("0.001");
      await page.keyboard.press("Enter");
      await page.getByLabel("Biases").selectOption("no");
      await page.getByLabel("At loss").fill("0.9");
      await page.keyboard.press("Enter");
      await page.getByText("because it met its stop condition").waitFor();
      made = await hashOn(page);
      await page.getByRole("button", { name: "Remove group 2" }).click();
      await page.getByRole("button", { name: "Remove the noise" }).waitFor();
    });
    const experiment = [
      ["noise.1", { layer: 1, nodes: 1, sigma: 20 }],
      ["optimizer.momentum", 0.5],
      ["optimizer.weightDecay", 0.001],
      ["network.bias", false],
      ["stop.loss", 0.9],
    ].reduce((before, [field, value]) => edited(before, field as string, value), SHORT.experiment);
    expect(made).toBe(await hashRuns([await train(experiment, { backend: "wasm" })]));
  });

  it("goes over to WebGPU and back while it runs, and is repeated on one machine to Node's bits", () =>
    on(fragmentOf(LONG), SIZES.desktop, async (page) => {
      const machine = page.getByTestId("machine");
      await machine.getByText("its bits are the same on every host").waitFor();
      await page.getByRole("button", { name: "Pause" }).click();
      await page.getByLabel("Machine").selectOption("webgpu");
      await machine.getByText(/^WebGPU \(.+\) makes this run: asked for/).waitFor();
      await page.getByRole("button", { name: "One step" }).click();
      await page.getByLabel("Machine").selectOption("wasm");
      await machine.getByText(/^WebAssembly SIMD/).waitFor();
      await page.getByRole("button", { name: "Play", exact: true }).click();
      await page.getByText(/then webgpu \(.+\) up to step \d+, then wasm \(baseline\)/).waitFor();
      await page.getByRole("button", { name: "Play again" }).click();
      await page.getByTestId("hash").waitFor({ state: "detached" });
      const want = await hashRuns([await train(LONG.experiment, { backend: "wasm" })]);
      expect(await hashOn(page)).toBe(want);
      await page.getByText("made by wasm (baseline). On WebAssembly").waitFor();
    }));

  it("goes on without its GPU when that is lost", () =>
    on(fragmentOf({ ...LONG, machine: "webgpu" }), SIZES.desktop, async (page) => {
      await page
        .getByTestId("machine")
        .getByText(/^WebGPU/)
        .waitFor();
      await page.getByText(/^Step [1-9]/).waitFor();
      const session = await lab.browser.newBrowserCDPSession();
      await session.send("Browser.crashGpuProcess");
      await page
        .getByRole("status")
        .getByText(/^The GPU was lost at step \d+. The run goes on on WebAssembly/)
        .waitFor();
      await page
        .getByText(/made by webgpu \(.+\) up to step \d+, then wasm \(baseline\)/)
        .waitFor();
    }));

  // A GPU that is lost while it computes leaves the map to the workers; one that is lost between two maps is opened anew.
  it("maps the phases on a GPU, and goes on when that is lost", () =>
    on(fragmentOf({ ...SHORT, panel: "map", machine: "webgpu" }), SIZES.desktop, async (page) => {
      await page.getByText("which share their data and their noise, made on the GPU").waitFor();
      await page.getByTestId("cell").getByText("κ").waitFor();
      const picture = page.locator(".map-plane canvas");
      const before = await picture.evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
      const session = await lab.browser.newBrowserCDPSession();
      await session.send("Browser.crashGpuProcess");
      await page.getByLabel(/^Hidden units/).fill("12");
      await page.waitForFunction(
        (old) =>
          document.querySelector<HTMLCanvasElement>(".map-plane canvas")?.toDataURL() !== old,
        before,
      );
      await page.locator(".map:not(.busy)").waitFor();
      const told = await page.getByText("workers make the map instead").isVisible();
      const text = await page.getByText("which share their data and their noise").textContent();
      expect(text).toMatch(told ? /made in \d+ workers/ : /made on the GPU/);
    }));

  it("draws the noise weights as thick as they are", () =>
    on(fragmentOf(SHORT), SIZES.desktop, async (page) => {
      await page.getByTestId("hash").waitFor();
      await page.getByRole("img", { name: /1 noise node at layer 0, whose weights/ }).waitFor();
      const widths = () =>
        page
          .locator(".noise-edge")
          .evaluateAll((lines) => lines.map((line) => Number(line.getAttribute("stroke-width"))));
      const sum = (all: number[]) => all.reduce((a, b) => a + b, 0);
      const atEnd = sum(await widths());
      await page.getByRole("button", { name: "To the start" }).click();
      await page.getByText("Step 0 of 40").waitFor();
      expect(sum(await widths())).toBeGreaterThan(1.2 * atEnd);
    }));
});
