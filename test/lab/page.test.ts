import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { edited, withSigma } from "../../lab/state/edit.js";
import { fragmentOf } from "../../lab/state/fragment.js";
import { FIRST_STATE, type LabState } from "../../lab/state/labState.js";
import { type PageServer, servePage } from "../../ts/cli/lab/pageServer.js";
import { hashRuns, train } from "../../ts/entries/browser.js";
import { chromiumPath } from "../golden/chromium.js";

const executablePath = chromiumPath();
const SIZES = {
  desktop: { viewport: { width: 1280, height: 900 } },
  phone: { viewport: { width: 360, height: 740 }, hasTouch: true },
} as const;

/** A short run, which a busy machine makes soon. */
const SHORT: LabState = {
  ...FIRST_STATE,
  panel: "run",
  experiment: edited(FIRST_STATE.experiment, "steps", 40),
};

describe.skipIf(executablePath === null)("the lab (skipped where there is no Chromium)", () => {
  let folder: string;
  let server: PageServer;
  let browser: Browser;
  let want: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "ninscope-lab-page-"));
    await build({ configFile: "lab/vite.config.mjs", build: { outDir: folder } });
    server = await servePage(folder, 0);
    const flags = ["--no-sandbox", "--disable-background-networking", "--disable-sync"];
    browser = await chromium.launch({ executablePath: executablePath ?? "", args: flags });
    want = await hashRuns([await train(SHORT.experiment, { backend: "wasm" })]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Opens the page in a fresh profile; afterwards nothing may have gone wrong, or asked another host. */
  async function on(
    fragment: string,
    options: BrowserContextOptions,
    use: (page: Page) => Promise<void>,
  ): Promise<void> {
    const context = await browser.newContext(options);
    context.setDefaultTimeout(0);
    const page = await context.newPage();
    const wrong: string[] = [];
    page.on("console", (line) => {
      if (line.type() === "error") wrong.push(line.text());
    });
    page.on("pageerror", (error) => wrong.push(error.message));
    page.on("request", (request) => {
      if (!request.url().startsWith(server.url)) wrong.push(request.url());
    });
    await page.goto(`${server.url}#${fragment}`);
    await use(page);
    await context.close();
    expect(wrong).toEqual([]);
  }

  const hashOn = async (page: Page) => page.getByTestId("hash").textContent();

  for (const [size, options] of Object.entries(SIZES)) {
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
      address = new URL(page.url()).hash;
    });
    await on(address.slice(1), SIZES.desktop, async (page) => {
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
      await page.getByRole("button", { name: /^Phase map/ }).focus();
      const before = await page.getByTestId("cell").textContent();
      await page.keyboard.press("ArrowLeft");
      expect(await page.getByTestId("cell").textContent()).not.toBe(before);
      await page.keyboard.press("Enter");
      await page.getByTestId("hash").waitFor();
      expect(await page.getByLabel("Activation").inputValue()).toBe("linear");
    }));

  for (const colorScheme of ["light", "dark"] as const) {
    it(`axe finds nothing wrong in any view, ${colorScheme}`, async () => {
      const axe = await readFile("node_modules/axe-core/axe.min.js", "utf8");
      const options = { ...SIZES.desktop, colorScheme, reducedMotion: "reduce" } as const;
      await on(fragmentOf(SHORT), { ...options, bypassCSP: true }, async (page) => {
        await page.evaluate(axe);
        for (const tab of ["One run", "Phase map", "The four phases"]) {
          await page.getByRole("tab", { name: tab }).click();
          const ready =
            { "One run": ".segment", "Phase map": ".verdict .badge" }[tab] ?? "path.curve";
          await page.locator(ready).first().waitFor();
          const found = (await page.evaluate("axe.run()")) as {
            violations: { id: string; nodes: { html: string }[] }[];
          };
          expect(found.violations.map(({ id, nodes }) => [id, nodes[0].html])).toEqual([]);
        }
      });
    });
  }
});
