import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath } from "../golden/chromium.js";

const executablePath = chromiumPath();

describe.skipIf(executablePath === null)("on a page (skipped where there is no Chromium)", () => {
  let folder: string;
  let server: Server;
  let browser: Browser;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "ninscope-page-"));
    await build({
      configFile: false,
      logLevel: "warn",
      base: "./",
      worker: { format: "es" },
      build: {
        outDir: folder,
        emptyOutDir: true,
        target: "es2022",
        rollupOptions: {
          input: "test/browser/page.ts",
          preserveEntrySignatures: "strict",
          output: { entryFileNames: "page.mjs" },
        },
      },
    });
    server = createServer(async ({ url = "/" }, answer) => {
      const body = await readFile(join(folder, url)).catch(() => null);
      const type = url === "/" ? "text/html" : "text/javascript";
      answer.writeHead(url === "/" || body ? 200 : 404, { "content-type": type });
      answer.end(url === "/" ? "<!doctype html>" : body);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const flags = ["--no-sandbox", "--disable-background-networking", "--disable-sync"];
    browser = await chromium.launch({ executablePath: executablePath ?? "", args: flags });
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function call(name: string): Promise<any> {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    try {
      return await page.evaluate(`import("/page.mjs").then((m) => m[${JSON.stringify(name)}]())`);
    } finally {
      await page.close();
    }
  }

  it("Vite finds the worker's file", async () => {
    expect((await readdir(join(folder, "assets"))).join()).toMatch(/ninscope-worker/);
  });

  it("a sweep on workers goes on in the private file system, to the same bits", async () => {
    const { second, kept, size, hash, want, made, alive } = await call("stored");
    expect(second).toMatch(/is being written by another page/);
    expect(kept).toBeGreaterThanOrEqual(4);
    expect(size).toBe(6);
    expect(hash).toBe(want);
    expect(made).toBeGreaterThan(0);
    expect(alive).toBe(0);
  });

  it("training leaves the page's own thread free", async () => {
    const { made, alive, gap, seconds } = await call("trained");
    console.log(
      `${seconds.toFixed(2)} s of training: the page's thread was away ${JSON.stringify(gap)} ms`,
    );
    expect([made, alive]).toEqual([1, 0]);
    // A frame has 16.7 ms. The median, for a busy machine takes its time from anyone now and then.
    expect(gap.median).toBeLessThan(16.7);
  });

  it("cancels within 100 ms, and leaves no worker behind", async () => {
    const { why, after, made, alive } = await call("cancelled");
    expect(why).toBe("enough");
    expect(after).toBeLessThan(100);
    expect([made, alive]).toEqual([1, 0]);
  });
});
