import { spawn } from "node:child_process";
import { once } from "node:events";
import { chromium } from "playwright-core";

/** Serves the built lab and starts Chromium (the program in NINSCOPE_CHROMIUM, or Debian's). `close` ends both. */
export async function openBuiltLab() {
  const server = spawn(process.execPath, ["dist/cli.js", "lab", "--no-open", "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(server.stdout, "data");
  const { url } = JSON.parse(String(line));
  const browser = await chromium.launch({
    executablePath: process.env.NINSCOPE_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-background-networking", "--disable-sync"],
  });
  const close = async () => {
    await browser.close();
    server.kill("SIGINT");
  };
  return { url, browser, close };
}
