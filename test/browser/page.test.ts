import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hashRuns, train } from "../../ts/entries/browser.js";
import { chromiumPath, ISOLATED } from "../golden/chromium.js";

const executablePath = chromiumPath();

describe.skipIf(executablePath === null)("on a page (skipped where there is no Chromium)", () => {
  let folder: string;
  let server: Server;
  /** The same pages at another origin. */
  let other: Server;
  /** The same pages, cross-origin isolated. */
  let isolated: Server;
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
    const make = (more: Readonly<Record<string, string>> = {}) =>
      createServer(async ({ url = "/" }, answer) => {
        const body = await readFile(join(folder, url)).catch(() => null);
        const type = url === "/" ? "text/html" : "text/javascript";
        const headers = { "content-type": type, "access-control-allow-origin": "*", ...more };
        answer.writeHead(url === "/" || body ? 200 : 404, headers);
        answer.end(url === "/" ? "<!doctype html>" : body);
      });
    [server, other, isolated] = [make(), make(), make(ISOLATED)];
    for (const one of [server, other, isolated]) {
      await new Promise<void>((done) => one.listen(0, "127.0.0.1", done));
    }
    const flags = ["--no-sandbox", "--disable-background-networking", "--disable-sync"];
    browser = await chromium.launch({ executablePath: executablePath ?? "", args: flags });
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
    other?.close();
    isolated?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const origin = (of: Server) => `http://127.0.0.1:${(of.address() as AddressInfo).port}`;

  async function call(name: string, modules = server, site = server): Promise<any> {
    const page = await browser.newPage();
    await page.goto(`${origin(site)}/`);
    try {
      const path = JSON.stringify(`${origin(modules)}/page.mjs`);
      return await page.evaluate(`import(${path}).then((m) => m[${JSON.stringify(name)}]())`);
    } finally {
      await page.close();
    }
  }

  it("Vite finds the worker's file", async () => {
    expect((await readdir(join(folder, "assets"))).join()).toMatch(/ninscope-worker/);
  });

  it("a sweep on workers goes on in the private file system, to the same bits", async () => {
    const { second, kept, size, hash, want, made, alive } = await call("stored");
    expect(second).toMatch(/is in use by another page/);
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

  it("a run of an isolated page has threads where its worker can start them; else it says why not", async () => {
    const { why, hashes, made, alive } = await call("threaded", isolated, isolated);
    const asked = "asked for; on";
    expect(why).toEqual([
      `${asked} 2 threads: asked for`,
      expect.stringMatching(/^asked for; on one thread: thread \d of 2 of the run did not start: /),
      `${asked} one thread: the run is not in a worker of ninscope's`,
    ]);
    expect(hashes).toEqual([hashes[0], hashes[0], hashes[0]]);
    expect([made, alive]).toEqual([2, 0]);
  });

  it("refuses a number of threads that no run can have", async () => {
    const refused = ["InputError", "threads is 1.5: takes auto or an integer from 1 to 128"];
    expect(await call("badThreads")).toEqual(refused);
    expect(await call("badThreads", isolated, isolated)).toEqual(refused);
  });

  it("a long trajectory is digested in pieces, to the hash that Node gives", async () => {
    const { most, bytes, resultsHash, experiment } = await call("long");
    // What the engine digests at once it first copies at once, and the page stops.
    expect(bytes).toBeGreaterThan(1.5 * 2 ** 20);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(2 ** 20);
    expect(resultsHash).toBe(await hashRuns([await train(experiment)]));
  });

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

  it("heeds an abort before it hears of its worker again, and leaves none behind", async () => {
    const { why, told, made, alive } = await call("cancelled");
    expect([why, told]).toEqual(["enough", 0]);
    expect([made, alive]).toEqual([1, 0]);
  });
});
