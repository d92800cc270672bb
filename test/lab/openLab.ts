import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "playwright-core";
import { build } from "vite";
import { servePage } from "../../ts/cli/lab/pageServer.js";

const FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-sync"];

/** The lab, built and served, and a browser that has not opened it yet. */
export interface OpenLab {
  readonly url: string;
  readonly browser: Browser;
  /** Ends the server alone. */
  cut(): Promise<void>;
  close(): Promise<void>;
}

export async function openLab(executablePath: string, flags: string[] = []): Promise<OpenLab> {
  const folder = await mkdtemp(join(tmpdir(), "ninscope-lab-"));
  await build({ configFile: "lab/vite.config.mjs", build: { outDir: folder } });
  const server = await servePage(folder, 0);
  const browser = await chromium.launch({ executablePath, args: [...FLAGS, ...flags] });
  let cut: Promise<void> | undefined;
  const end = () => {
    cut ??= server.close();
    return cut;
  };
  return {
    url: server.url,
    browser,
    cut: end,
    async close() {
      await browser.close();
      await end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A profile, and what went wrong on its pages: errors, and requests to other hosts. */
export interface Profile {
  readonly context: BrowserContext;
  readonly wrong: string[];
  open(fragment: string): Promise<Page>;
}

export async function profileOf(lab: OpenLab, options: BrowserContextOptions): Promise<Profile> {
  const context = await lab.browser.newContext(options);
  context.setDefaultTimeout(0);
  const wrong: string[] = [];
  const open = async (fragment: string) => {
    const page = await context.newPage();
    page.on("console", (line) => {
      if (line.type() === "error") wrong.push(line.text());
    });
    page.on("pageerror", (error) => wrong.push(error.message));
    page.on("request", (request) => {
      if (!request.url().startsWith(lab.url) && !request.url().startsWith(`blob:${lab.url}`)) {
        wrong.push(request.url());
      }
    });
    await page.goto(`${lab.url}#${fragment}`);
    return page;
  };
  return { context, wrong, open };
}

/** What axe finds wrong on a page; the page must be open in a profile that bypasses the policy. */
export async function axeFinds(page: Page, axe: string): Promise<unknown[]> {
  await page.evaluate(axe);
  const { violations } = (await page.evaluate("axe.run()")) as {
    violations: { id: string; nodes: { html: string }[] }[];
  };
  return violations.map(({ id, nodes }) => [id, nodes[0].html]);
}
