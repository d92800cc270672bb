import { readFile } from "node:fs/promises";
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "playwright-core";
import { expect } from "vitest";
import { edited } from "../../lab/state/edit.js";
import { stateOf } from "../../lab/state/fragment.js";
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

/** A profile, and what went wrong on its pages: errors, and requests to other hosts. */
export interface Profile {
  readonly context: BrowserContext;
  readonly wrong: string[];
  open(fragment: string, search?: string): Promise<Page>;
}

/** The built lab's page, served, and a browser for it. */
export interface Lab {
  readonly url: string;
  readonly browser: Browser;
  /** A fresh profile, which has not opened the page yet. */
  profile(options: BrowserContextOptions): Promise<Profile>;
  /** Opens the page in a fresh profile; afterwards nothing may have gone wrong. */
  on(
    fragment: string,
    options: BrowserContextOptions,
    use: (page: Page) => Promise<void>,
    search?: string,
  ): Promise<void>;
  /** Ends the server alone. */
  cut(): Promise<void>;
  close(): Promise<void>;
}

/** Flags with which Chromium has WebGPU, in software. */
export const SOFTWARE_GPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
const FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-sync"];

export async function openLab(flags: readonly string[] = []): Promise<Lab> {
  const server = await servePage("dist/lab", 0);
  const args = [...FLAGS, ...flags];
  const browser = await chromium.launch({ executablePath: executablePath ?? "", args });
  let ended: Promise<void> | undefined;
  const cut = () => {
    ended ??= server.close();
    return ended;
  };
  const profile = (options: BrowserContextOptions) => profileOf(browser, server.url, options);
  return {
    ...{ url: server.url, browser, profile, cut },
    async on(fragment, options, use, search) {
      const { context, wrong, open } = await profile(options);
      await use(await open(fragment, search));
      await context.close();
      expect(wrong).toEqual([]);
    },
    async close() {
      await browser.close();
      await cut();
    },
  };
}

async function profileOf(
  browser: Browser,
  url: string,
  options: BrowserContextOptions,
): Promise<Profile> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(0);
  const wrong: string[] = [];
  const open = async (fragment: string, search = "") => {
    const page = await context.newPage();
    page.on("console", (line) => {
      if (line.type() === "error") wrong.push(line.text());
    });
    page.on("pageerror", (error) => wrong.push(error.message));
    page.on("request", (request) => {
      const asked = request.url();
      if (!asked.startsWith(url) && !asked.startsWith(`blob:${url}`)) wrong.push(asked);
    });
    await page.goto(`${url}${search}#${fragment}`);
    return page;
  };
  return { context, wrong, open };
}

/**
 * The address's fragment, once it holds such a state: the address follows the page at its own pace.
 * We ask the page again and again, since `waitForURL` misses what `history.replaceState` does here.
 */
export async function fragmentWhere(
  page: Page,
  holds: (state: LabState) => boolean,
): Promise<string> {
  for (;;) {
    const fragment = await page.evaluate(() => location.hash.slice(1));
    if (holds(stateOf(fragment))) return fragment;
  }
}

/** What axe finds wrong on a page; the page must be open in a profile that bypasses the policy. */
export async function axeFinds(page: Page): Promise<unknown[]> {
  await page.evaluate(await readFile("node_modules/axe-core/axe.min.js", "utf8"));
  const { violations } = (await page.evaluate("axe.run()")) as {
    violations: { id: string; nodes: { html: string }[] }[];
  };
  return violations.map(({ id, nodes }) => [id, nodes[0].html]);
}

/** The digest that the page shows at a run's end. */
export async function hashOn(page: Page): Promise<string | null> {
  return page.getByTestId("hash").textContent();
}
