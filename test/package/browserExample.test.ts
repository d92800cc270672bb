import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath } from "../golden/chromium.js";

const executablePath = chromiumPath();
const TYPES: Record<string, string> = { ".html": "text/html", ".js": "text/javascript" };

// A page as its author would make it: bundled, and served as plain files.
describe.skipIf(executablePath === null)("the page that sweeps (skipped without Chromium)", () => {
  let folder: string;
  let server: Server;
  let browser: Browser;
  let page: Page;
  const errors: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "ninscope-example-"));
    await build({
      configFile: false,
      logLevel: "warn",
      root: "examples/sweep-in-the-browser",
      worker: { format: "es" },
      build: { outDir: folder, emptyOutDir: true, target: "es2022" },
    });
    server = createServer(async ({ url = "/" }, answer) => {
      const path = url === "/" ? "/index.html" : url;
      const body = await readFile(join(folder, path)).catch(() => null);
      answer.writeHead(body ? 200 : 404, { "content-type": TYPES[extname(path)] ?? "" });
      answer.end(body);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const flags = ["--no-sandbox", "--disable-background-networking", "--disable-sync"];
    browser = await chromium.launch({ executablePath: executablePath ?? "", args: flags });
    page = await browser.newPage();
    page.setDefaultTimeout(0);
    page.on("pageerror", (error) => errors.push(error.message));
    await open();
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const open = () => page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const rows = () => page.locator("#runs tr").count();

  /** Waits for the line that ends a sweep. */
  async function result(pattern: RegExp): Promise<string> {
    const line = page.locator("#result").filter({ hasText: pattern });
    return (await line.textContent()) ?? "";
  }

  it("shows runs as they are finished, and keeps them when it is stopped", async () => {
    // A click from here might come when all runs are done.
    await page.evaluate(`new MutationObserver(() => {
      const { rows } = document.getElementById("runs");
      if (rows.length === 3) document.getElementById("stop").click();
    }).observe(document.getElementById("runs"), { childList: true })`);
    await page.click("#start");
    const [, kept] = (await result(/runs kept/)).match(/stopped, (\d+) runs kept/) ?? [];
    expect(Number(kept)).toBeGreaterThanOrEqual(3);
    expect(Number(kept)).toBeLessThan(12);
  });

  it("makes only the missing runs after it is reloaded", async () => {
    await open();
    await page.click("#start");
    const [, all, before] =
      (await result(/from the store/)).match(/^(\d+) runs, (\d+) of them/) ?? [];
    expect(Number(all)).toBe(12);
    expect(Number(before)).toBeGreaterThanOrEqual(3);
    expect(await rows()).toBe(12);
    expect(await page.locator("#progress").evaluate((bar: any) => bar.value / bar.max)).toBe(1);
    expect(await page.locator("#progress-text").textContent()).toMatch(/^12 of 12 runs/);
    const phases = await page.locator("#runs tr td:nth-child(2)").allTextContents();
    expect(new Set(phases)).toContain("decoupled");
    expect(new Set(phases)).toContain("divergent");
    expect(errors).toEqual([]);
  });
});
