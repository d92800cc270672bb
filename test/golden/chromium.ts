import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, dirname, join } from "node:path";
import { chromium } from "playwright-core";

const PLACES = [process.env.NINSCOPE_CHROMIUM, "/usr/bin/chromium", "/usr/bin/google-chrome"];

/** Chromium's executable; null where there is none, which is a failure in CI. */
export function chromiumPath(): string | null {
  const found = PLACES.find((path) => path && existsSync(path));
  if (!found && process.env.CI) throw new Error(`no Chromium at ${PLACES.filter(Boolean)}`);
  return found ?? null;
}

const FLAGS = [
  "--no-sandbox",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A host that is not this one by its name: a page that came from it over plain http is no secure context. */
export const ELSEWHERE = "ninscope.test";

/** Headers that give a page memory which its workers share. */
export const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/**
 * What an exported function of a bundled module returns in headless Chromium; null where there is no Chromium.
 * @param host what the page's address names: 127.0.0.1, or any other name, which then leads there too.
 * @param headers what the server sends with everything.
 */
export async function inChromium(
  bundle: string,
  name: string,
  flags: readonly string[] = [],
  host = "127.0.0.1",
  headers: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const executablePath = chromiumPath();
  if (!executablePath) return null;
  const server = createServer(async ({ url = "/" }, answer) => {
    for (const [name, value] of Object.entries(headers)) answer.setHeader(name, value);
    if (!/^\/[\w/.-]+\.m?js$/.test(url)) {
      answer.setHeader("content-type", "text/html").end("<!doctype html>");
      return;
    }
    const body = await readFile(join(dirname(bundle), url)).catch(() => null);
    answer.statusCode = body ? 200 : 404;
    answer.setHeader("content-type", "text/javascript").end(body ?? "");
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const resolver = `--host-resolver-rules=MAP ${host} 127.0.0.1`;
  const browser = await chromium.launch({ executablePath, args: [...FLAGS, resolver, ...flags] });
  try {
    const page = await browser.newPage();
    await page.goto(`http://${host}:${(server.address() as AddressInfo).port}/`);
    const script = `import("/${basename(bundle)}").then((m) => m[${JSON.stringify(name)}]())`;
    return await page.evaluate(script);
  } finally {
    await browser.close();
    server.close();
  }
}
