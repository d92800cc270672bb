import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { edited, withSigma } from "../../lab/state/edit.js";
import { fragmentOf } from "../../lab/state/fragment.js";
import { FIRST_STATE } from "../../lab/state/labState.js";
import { hashRuns, train } from "../../ts/entries/browser.js";
import {
  axeFinds,
  executablePath,
  fragmentWhere,
  hashOn,
  type Lab,
  openLab,
  SHORT,
  SIZES,
} from "./lab.js";

/** The full soak sees each view in both themes and at both sizes. */
const FULL = process.env.NINSCOPE_SOAK === "full";
const THEMES = FULL ? (["light", "dark"] as const) : (["light"] as const);

describe.skipIf(executablePath === null)("the lab (skipped where there is no Chromium)", () => {
  let lab: Lab;
  let want: string;
  const on: Lab["on"] = (...args) => lab.on(...args);

  beforeAll(async () => {
    lab = await openLab();
    want = await hashRuns([await train(SHORT.experiment, { backend: "wasm" })]);
  });
  afterAll(() => lab?.close());

  for (const [size, options] of Object.entries(SIZES)) {
    if (!FULL && size !== "desktop") continue;
    it(`sweeps the linear model without a click, and fits a ${size}`, () =>
      on("", options, async (page) => {
        await page.locator("path.curve").first().waitFor();
        await page.locator("path.ghost").nth(1).waitFor();
        expect(await page.locator(".verdict .badge").textContent()).toMatch(/^\w+$/);
        for (const tab of ["One run", "Phase map", "The four phases"]) {
          await page.getByRole("tab", { name: tab }).click();
          const over =
            "document.documentElement.scrollWidth - document.documentElement.clientWidth";
          expect(await page.evaluate(over)).toBe(0);
        }
      }));

    it(`a link gives Node's digest on a ${size}, also after going back in time`, () =>
      on(fragmentOf(SHORT), options, async (page) => {
        expect(await hashOn(page)).toBe(want);
        const line = page.getByRole("slider", { name: /^Step/ });
        await line.fill("13");
        await page.getByTestId("hash").waitFor({ state: "detached" });
        await page.getByText("Step 13 of 40").waitFor();
        await page.getByRole("button", { name: "One step" }).click();
        await page.getByText("Step 14 of 40").waitFor();
        await page.getByRole("button", { name: "Play", exact: true }).click();
        expect(await hashOn(page)).toBe(want);
      }));
  }

  it("changes by its controls, and its address gives the same run in a fresh profile", async () => {
    let address = "";
    let made: string | null = "";
    await on(fragmentOf(SHORT), SIZES.desktop, async (page) => {
      await page.getByLabel("Activation").selectOption("tanh");
      await page.getByLabel("Hidden widths").fill("12, 8");
      await page.getByLabel("Seed", { exact: true }).fill("7");
      await page.getByLabel("Steps", { exact: true }).fill("30");
      await page.keyboard.press("Enter");
      await page.getByText("of 30").waitFor();
      made = await hashOn(page);
      address = await fragmentWhere(page, (state) => state.experiment.steps === 30);
    });
    await on(address, SIZES.desktop, async (page) => {
      expect(await hashOn(page)).toBe(made);
    });
    const experiment = [
      ["network.activation", "tanh"],
      ["network.layers", [12, 8]],
      ["seed", 7],
      ["steps", 30],
    ].reduce((before, [field, value]) => edited(before, field as string, value), SHORT.experiment);
    expect(made).toBe(await hashRuns([await train(experiment, { backend: "wasm" })]));
  });

  it("calls divergence a result", () =>
    on(
      fragmentOf({ ...SHORT, experiment: withSigma(SHORT.experiment, 1e4) }),
      SIZES.desktop,
      async (page) => {
        await page.getByText("The run diverged").waitFor();
        expect(await page.getByTestId("verdict").textContent()).toMatch(/^divergent/);
        expect(await page.locator("main").textContent()).not.toContain("NaN");
      },
    ));

  it("says what is wrong with a link, and goes on", () =>
    on("1.broken", SIZES.desktop, async (page) => {
      await page.getByRole("alert").getByText("This link could not be opened").waitFor();
      await page.locator("path.curve").first().waitFor();
    }));

  // The browser itself takes most of a minute with such an address.
  it.skipIf(!FULL)("says that a link of a million characters is too long, and goes on", () =>
    on(`1.${"A".repeat(1e6)}`, SIZES.desktop, async (page) => {
      await page
        .getByRole("alert")
        .getByText("is 1000002 characters long: takes at most")
        .waitFor();
      await page.locator("path.curve").first().waitFor();
      await page.getByRole("tab", { name: "One run" }).click();
      await page.getByTestId("hash").waitFor();
      // What the visitor does next makes a link of the usual length.
      while (await page.evaluate(() => location.hash.length >= 100));
    }),
  );

  it("says why there is no predicted curve", () =>
    on(fragmentOf(SHORT), SIZES.desktop, async (page) => {
      const theory = page.getByTestId("theory");
      await theory.getByText("The dotted curves show it.").waitFor();
      await page.getByLabel("Momentum").fill("0.5");
      await page.keyboard.press("Enter");
      await theory.getByText("No predicted curve: momentum is 0.5").waitFor();
    }));

  it("refuses a wrong value beside its field", () =>
    on(fragmentOf(SHORT), SIZES.desktop, async (page) => {
      const rate = page.getByLabel("Learning rate η");
      await rate.fill("fast");
      await rate.press("Enter");
      await page.getByText('optimizer.learningRate is "fast"').waitFor();
      expect(await rate.getAttribute("aria-invalid")).toBe("true");
    }));

  it("trains a cell of the map that is chosen by keys alone", () =>
    on(fragmentOf({ ...FIRST_STATE, panel: "map" }), SIZES.desktop, async (page) => {
      await page.getByTestId("cell").getByText("κ").waitFor();
      await page.getByTestId("cell-curve").locator("path").nth(1).waitFor();
      await page.getByRole("button", { name: /^Phase map/ }).focus();
      const before = await page.getByTestId("cell").textContent();
      await page.keyboard.press("ArrowLeft");
      expect(await page.getByTestId("cell").textContent()).not.toBe(before);
      await page.keyboard.press("Enter");
      await page.getByTestId("hash").waitFor();
      expect(await page.getByLabel("Activation").inputValue()).toBe("linear");
    }));

  for (const colorScheme of THEMES) {
    it(`axe finds nothing wrong in any view, ${colorScheme}`, async () => {
      const options = { ...SIZES.desktop, colorScheme, reducedMotion: "reduce" } as const;
      await on(fragmentOf(SHORT), { ...options, bypassCSP: true }, async (page) => {
        for (const tab of ["One run", "Phase map", "The four phases"]) {
          await page.getByRole("tab", { name: tab }).click();
          const ready =
            { "One run": ".segment", "Phase map": ".verdict .badge" }[tab] ?? "path.curve";
          await page.locator(ready).first().waitFor();
          expect(await axeFinds(page)).toEqual([]);
        }
      });
    });
  }
});
