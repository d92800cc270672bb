import { readFile } from "node:fs/promises";
import { parquetReadObjects } from "hyparquet";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { csvOf } from "../../lab/maths/csv.js";
import { withSigma } from "../../lab/state/edit.js";
import { fragmentOf } from "../../lab/state/fragment.js";
import { FIRST_STATE, TOUR_STOPS } from "../../lab/state/labState.js";
import { PHASE_SIGMAS, STOPS } from "../../lab/state/tour.js";
import { hashRuns, train } from "../../ts/entries/browser.js";
import { axeFinds, executablePath, fragmentWhere, type Lab, openLab, SHORT, SIZES } from "./lab.js";

/** The full soak sees each view in both themes. */
const THEMES =
  process.env.NINSCOPE_SOAK === "full" ? (["light", "dark"] as const) : (["light"] as const);

/** The bytes that a button saves. */
async function saved(page: Page, button: string): Promise<Buffer> {
  const [download] = await Promise.all([
    page.waitForEvent("download", { timeout: 0 }),
    page.getByRole("button", { name: button, exact: true }).click(),
  ]);
  return readFile(await download.path());
}

describe.skipIf(executablePath === null)("pins, files, the tour and the embedding", () => {
  let lab: Lab;
  const on: Lab["on"] = (...args) => lab.on(...args);

  beforeAll(async () => {
    lab = await openLab();
  });
  afterAll(() => lab?.close());

  it("pins a run under the same seed's with other noise, and saves the view in each form", async () => {
    let address = "";
    const run = await train(SHORT.experiment, { backend: "wasm" });
    await on(fragmentOf(SHORT), SIZES.desktop, async (page) => {
      await page.getByTestId("hash").waitFor();
      const csv = (await saved(page, "CSV")).toString().trimEnd().split("\n");
      expect(csv[0]).toMatch(/^step,epoch,loss,niwNorm,/);
      expect(csv.slice(1, -1).map((line) => Number(line.split(",")[2]))).toEqual([
        ...run.trajectory.steps.loss,
      ]);
      const parquet = await saved(page, "Parquet");
      const rows = await parquetReadObjects({ file: Uint8Array.from(parquet).buffer });
      expect(rows.map(({ niwNorm }) => niwNorm).slice(0, 40)).toEqual([
        ...run.trajectory.steps.niwNorm,
      ]);
      const svg = (await saved(page, "SVG")).toString();
      expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\s*$/);
      expect(svg).toContain(run.phase);
      expect((await saved(page, "PNG")).subarray(1, 4).toString()).toBe("PNG");
      await page.getByRole("button", { name: "Same seed, σ × 2" }).click();
      await page.getByRole("slider", { name: "Noise σ 40" }).waitFor();
      address = await fragmentWhere(page, ({ experiment }) => experiment.noise[0].sigma === 40);
    });
    await on(address, SIZES.phone, async (page) => {
      const digest = (await hashRuns([run])).slice(0, 8);
      await page.getByRole("row", { name: /^A / }).getByText(digest).waitFor();
      const over = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
      expect(await page.evaluate(over)).toBe(0);
      await page.getByRole("button", { name: "Show run A" }).click();
      await page.getByRole("slider", { name: "Noise σ 20" }).waitFor();
      await page.getByRole("button", { name: "Unpin run A" }).click();
      await page.getByRole("row", { name: /^A / }).waitFor({ state: "detached" });
    });
  });

  it("leads through the tour, and changes sigma, by keys alone", () =>
    on("", { ...SIZES.desktop, reducedMotion: "reduce" }, async (page) => {
      await page.getByRole("link", { name: /^Take the tour/ }).focus();
      await page.keyboard.press("Enter");
      for (let stop = 1; stop <= TOUR_STOPS; stop++) {
        const heading = page.getByRole("heading", { name: new RegExp(`^${stop}\\. `) });
        await heading.waitFor();
        expect(await heading.evaluate((element) => element === document.activeElement)).toBe(true);
        if (stop === 2) {
          await page.getByRole("link", { name: "σ = 27" }).focus();
          await page.keyboard.press("Enter");
          const slider = page.getByRole("slider", { name: /Noise σ 27$/ });
          await slider.focus();
          await page.keyboard.press("ArrowRight");
          await slider.waitFor({ state: "detached" });
        }
        if (stop === TOUR_STOPS) break;
        await page.getByRole("link", { name: /^Next: / }).focus();
        await page.keyboard.press("Enter");
      }
      await page.getByRole("link", { name: "End the tour" }).click();
      await page.getByRole("region", { name: "Guided tour" }).waitFor({ state: "detached" });
    }));

  it("waits while nobody sees the page", () => {
    const long = { ...SHORT, experiment: { ...SHORT.experiment, steps: 4000 } };
    return on(fragmentOf(long), SIZES.desktop, async (page) => {
      await page.getByText(/^Step [1-9]/).waitFor();
      const seen = (hidden: boolean) =>
        page.evaluate((value) => {
          Object.defineProperty(document, "hidden", { value, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }, hidden);
      await seen(true);
      // Frames that were on their way arrive; a run that did not wait would go on to its end.
      await page.waitForFunction(() => {
        const box = globalThis as unknown as { last?: string; same?: number };
        const now = document.querySelector("[data-testid=step]")?.textContent ?? "";
        box.same = now === box.last ? (box.same ?? 0) + 1 : 0;
        box.last = now;
        return box.same > 40;
      });
      expect(Number(await page.getByTestId("step").textContent())).toBeLessThan(4000);
      await seen(false);
      await page.getByTestId("hash").waitFor();
    });
  });

  for (const colorScheme of THEMES) {
    it(`axe finds nothing wrong with pins, tour and embedding, ${colorScheme}`, async () => {
      const look = { ...SIZES.desktop, colorScheme, reducedMotion: "reduce" } as const;
      const state = { ...STOPS[1], experiment: SHORT.experiment, pins: [SHORT.experiment] };
      for (const search of ["", "?embed"]) {
        await on(
          fragmentOf(state),
          { ...look, bypassCSP: true },
          async (page) => {
            await page.getByTestId("hash").waitFor();
            await page.locator(".segment").first().waitFor();
            if (search === "") await page.locator("td .badge").waitFor();
            else expect(await page.getByRole("tab").count()).toBe(0);
            expect(await axeFinds(page)).toEqual([]);
          },
          search,
        );
      }
    });
  }
});

describe("the tour", () => {
  it("names the phases that its network has", async () => {
    for (const [phase, sigma] of Object.entries(PHASE_SIGMAS)) {
      const run = await train(withSigma(FIRST_STATE.experiment, sigma), { backend: "wasm" });
      expect([sigma, run.phase]).toEqual([sigma, phase]);
    }
    const near = await train(STOPS[3].experiment, { backend: "wasm" });
    expect(near.evidence.closeTo).not.toBeNull();
  });
});

describe("CSV", () => {
  it("quotes what would break a row, and leaves empty what was not measured", () => {
    const rows = [{ name: 'a "b", c', value: 0.1 + 0.2, none: null }];
    expect(csvOf(rows)).toBe('name,value,none\n"a ""b"", c",0.30000000000000004,\n');
  });
});
