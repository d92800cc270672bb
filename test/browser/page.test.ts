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
/** Milliseconds at 60 frames a second. */
const FRAME = 16.7;

describe.skipIf(executablePath === null)("on a page (skipped where there is no Chromium)", () => {
  let folder: string;
  let server: Server;
  /** The same pages at another origin. */
  let other: Server;
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
    const make = () =>
      createServer(async ({ url = "/" }, answer) => {
        const body = await readFile(join(folder, url)).catch(() => null);
        const type = url === "/" ? "text/html" : "text/javascript";
        const headers = { "content-type": type, "access-control-allow-origin": "*" };
        answer.writeHead(url === "/" || body ? 200 : 404, headers);
        answer.end(url === "/" ? "<!doctype html>" : body);
      });
    [server, other] = [make(), make()];
    for (const one of [server, other]) {
      await new Promise<void>((done) => one.listen(0, "127.0.0.1", done));
    }
    const flags = ["--no-sandbox", "--disable-background-networking", "--disable-sync"];
    browser = await chromium.launch({ executablePath: executablePath ?? "", args: flags });
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
    other?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const origin = (of: Server) => `http://127.0.0.1:${(of.address() as AddressInfo).port}`;

  async function call(name: string, modules = server): Promise<any> {
    const page = await browser.newPage();
    await page.goto(`${origin(server)}/`);
    try {
      const path = JSON.stringify(`${origin(modules)}/page.mjs`);
      return await page.evaluate(`import(${path}).then((m) => m[${JSON.stringify(name)}]())`);
    } finally {
      await page.close();
    }
  }

  /**
   * In ms of processor time, for what else the machine does is no fault of the page's. Even that grows where others use
   * the same caches, so the least of up to six times counts.
   */
  async function longestTask(name: string): Promise<number> {
    const page = await browser.newPage();
    await page.goto(`${origin(server)}/`);
    const work = `import("/page.mjs").then((m) => m[${JSON.stringify(name)}]())`;
    // The first time, all of the code is new to the engine.
    await page.evaluate(work);
    let least = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 6 && !(least < FRAME); round++) {
      await browser.startTracing(page, { categories: ["toplevel"] });
      await page.evaluate(work);
      const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
      const place = ({ pid, tid }: { pid: number; tid: number }) => `${pid}:${tid}`;
      const isMain = ({ name: what, args }: any) =>
        what === "thread_name" && args.name === "CrRendererMain";
      const main = new Set(traceEvents.filter(isMain).map(place));
      const tasks = traceEvents.filter((event: any) => event.tdur && main.has(place(event)));
      expect(tasks.length).toBeGreaterThan(10);
      least = Math.min(least, Math.max(...tasks.map(({ tdur }: any) => tdur / 1000)));
    }
    await page.close();
    return least;
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

  it("training has a worker, and leaves none behind", async () => {
    const { made, alive } = await call("trained");
    expect([made, alive]).toEqual([1, 0]);
  });

  it.each(["trained", "many", "long"])(
    "%s: no task of the page's thread is longer than a frame",
    async (name) => {
      const longest = await longestTask(name);
      console.log(`${name}: the longest task took ${longest.toFixed(1)} ms of the thread's time`);
      expect(longest).toBeLessThan(FRAME);
    },
  );

  it("trains on its own thread where it may not have a worker", async () => {
    const { phase, origin: from, alive, made } = await call("elsewhere", other);
    expect(from).not.toBe(origin(server));
    expect(phase).toMatch(/^\w+$/);
    expect([alive, made]).toEqual([0, 0]);
  });

  it("a store's name that no folder can have is refused, and not held", async () => {
    const why = await call("named");
    expect(why.length).toBe(4);
    for (const message of why) expect(message).toMatch(/^name is ".*": takes a folder's name/);
  });

  it("cancels within 100 ms, and leaves no worker behind", async () => {
    const { why, after, made, alive } = await call("cancelled");
    expect(why).toBe("enough");
    expect(after).toBeLessThan(100);
    expect([made, alive]).toEqual([1, 0]);
  });
});
