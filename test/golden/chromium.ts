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

/**
 * What an exported function of a bundled module returns in headless Chromium, on a page served from 127.0.0.1; null
 * where there is no Chromium.
 */
export async function inChromium(
  bundle: string,
  name: string,
  flags: readonly string[] = [],
): Promise<unknown> {
  const executablePath = chromiumPath();
  if (!executablePath) return null;
  const server = createServer(async ({ url = "/" }, answer) => {
    if (!/^\/[\w/.-]+\.m?js$/.test(url)) {
      answer.setHeader("content-type", "text/html").end("<!doctype html>");
      return;
    }
    const body = await readFile(join(dirname(bundle), url)).catch(() => null);
    answer.statusCode = body ? 200 : 404;
    answer.setHeader("content-type", "text/javascript").end(body ?? "");
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const browser = await chromium.launch({ executablePath, args: [...FLAGS, ...flags] });
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const script = `import("/${basename(bundle)}").then((m) => m[${JSON.stringify(name)}]())`;
    return await page.evaluate(script);
  } finally {
    await browser.close();
    server.close();
  }
}
