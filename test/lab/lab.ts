import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { build } from "vite";
import { expect } from "vitest";
import { edited } from "../../lab/state/edit.js";
import { FIRST_STATE, type LabState } from "../../lab/state/labState.js";
import { servePage } from "../../ts/cli/lab/pageServer.js";
import { chromiumPath } from "../golden/chromium.js";

export const executablePath = chromiumPath();
export const SIZES = {
  desktop: { viewport: { width: 1280, height: 900 } },
  phone: { viewport: { width: 360, height: 740 }, hasTouch: true },
} as const;

/** A short run, which a busy machine makes soon. */
export const SHORT: LabState = {
  ...FIRST_STATE,
  panel: "run",
  experiment: edited(FIRST_STATE.experiment, "steps", 40),
};

/** The lab's page, built and served, and a browser for it. */
export interface Lab {
  readonly url: string;
  readonly browser: Browser;
  /** Opens the page in a fresh profile; afterwards nothing may have gone wrong, or asked another host. */
  on(
    fragment: string,
    options: BrowserContextOptions,
    use: (page: Page) => Promise<void>,
    search?: string,
  ): Promise<void>;
  close(): Promise<void>;
}

const FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-sync"];

export async function openLab(flags: readonly string[] = []): Promise<Lab> {
  const folder = await mkdtemp(join(tmpdir(), "ninscope-lab-page-"));
  await build({ configFile: "lab/vite.config.mjs", build: { outDir: folder } });
  const server = await servePage(folder, 0);
  const args = [...FLAGS, ...flags];
  const browser = await chromium.launch({ executablePath: executablePath ?? "", args });
  return {
    ...{ url: server.url, browser },
    async on(fragment, options, use, search = "") {
      const context = await browser.newContext(options);
      context.setDefaultTimeout(0);
      const page = await context.newPage();
      const wrong: string[] = [];
      page.on("console", (line) => {
        if (line.type() === "error") wrong.push(line.text());
      });
      page.on("pageerror", (error) => wrong.push(error.message));
      page.on("request", (request) => {
        const url = request.url();
        if (!url.startsWith(server.url) && !url.startsWith(`blob:${server.url}`)) wrong.push(url);
      });
      await page.goto(`${server.url}${search}#${fragment}`);
      await use(page);
      await context.close();
      expect(wrong).toEqual([]);
    },
    async close() {
      await browser.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The digest that the page shows at a run's end. */
export async function hashOn(page: Page): Promise<string | null> {
  return page.getByTestId("hash").textContent();
}
