// Measures the lab in Chromium: kB of its first load, seconds to the first curve, the longest task of the page's thread while a
// sweep runs, and the time of a phase map of 256 x 256 cells of 200 steps on two threads of Node.
// Run `npm run build` first. node bench/lab.mjs
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { Worker } from "node:worker_threads";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";
import { build } from "vite";
import { figure, printTable } from "./lib/table.mjs";

const [ROUNDS, SIDE, STEPS, THREADS] = [5, 256, 200, 2];
const middle = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Milliseconds that the map takes on threads that are warm, for each round. */
async function mapTimes() {
  const library = new URL("../dist/node.js", import.meta.url).href;
  const source = `
    import { parentPort, workerData } from "node:worker_threads";
    const { linearExperiment, loadKernels, runLinearEnsemble } = await import(workerData.library);
    const kernels = await loadKernels();
    parentPort.on("message", (spec) => {
      const experiment = linearExperiment({ width: 100, samples: 200, steps: ${STEPS}, seed: 1, sigma: 1, learningRate: 0.05 });
      runLinearEnsemble({ experiment, seeds: [1], precision: "float32", ...spec }, { kernels })
        .then((cells) => parentPort.postMessage(cells.map(({ phase, kappa, lossStart, lossMax, lossEnd }) => ({ phase, kappa, lossStart, lossMax, lossEnd }))));
    });
    parentPort.postMessage("ready");`;
  const range = (low, high) =>
    Array.from({ length: SIDE }, (_, i) => low * (high / low) ** (i / (SIDE - 1)));
  const [sigmas, rates] = [range(0.03, 30), range(0.003, 0.3)];
  const share = SIDE / THREADS;
  const url = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
  const workers = Array.from(
    { length: THREADS },
    () => new Worker(url, { workerData: { library } }),
  );
  const heard = (worker) => new Promise((take) => worker.once("message", take));
  await Promise.all(workers.map(heard));
  const times = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const begun = performance.now();
    await Promise.all(
      workers.map((worker, i) => {
        const cells = heard(worker);
        worker.postMessage({ sigmas, learningRates: rates.slice(i * share, (i + 1) * share) });
        return cells;
      }),
    );
    // In the first round the engine has not compiled the code yet.
    if (round > 0) times.push(performance.now() - begun);
  }
  await Promise.all(workers.map((worker) => worker.terminate()));
  return times;
}

const TYPES = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};
const folder = await mkdtemp(join(tmpdir(), "ninscope-bench-lab-"));
await build({ configFile: "lab/vite.config.mjs", build: { outDir: folder } });
const sizes = new Map();
const server = createServer(async ({ url }, answer) => {
  const path = url.split("?")[0] === "/" ? "/index.html" : url.split("?")[0];
  const body = await readFile(join(folder, path)).catch(() => null);
  if (body) sizes.set(path, gzipSync(body, { level: 9 }).length);
  answer.writeHead(body ? 200 : 404, { "content-type": TYPES[extname(path)] ?? "text/plain" });
  answer.end(body);
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const url = `http://127.0.0.1:${server.address().port}/`;
const browser = await chromium.launch({
  executablePath: process.env.NINSCOPE_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-background-networking", "--disable-sync"],
});

/** Milliseconds from the start of a load in a fresh profile to the first curve, and kB gzipped until then. */
async function firstLoad() {
  sizes.clear();
  // The service worker would fetch all other files after the load.
  const context = await browser.newContext({ serviceWorkers: "block" });
  const page = await context.newPage();
  await page.goto(url);
  await page.locator("path.curve").first().waitFor();
  const time = await page.evaluate("performance.now()");
  const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  await context.close();
  return { time, kB: bytes / 1000 };
}

/** The longest task of the page's thread while a sweep runs, in ms of its processor time and of wall time. */
async function longestTask() {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(url);
  await page.getByRole("tab", { name: "Sweep" }).click();
  await page.getByRole("button", { name: "Start" }).waitFor();
  await browser.startTracing(page, { categories: ["toplevel"] });
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByRole("button", { name: "All made" }).waitFor({ timeout: 0 });
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  const place = ({ pid, tid }) => `${pid}:${tid}`;
  const main = new Set(
    traceEvents
      .filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain")
      .map(place),
  );
  const tasks = traceEvents.filter((event) => event.tdur && main.has(place(event)));
  await context.close();
  const most = (key) => Math.max(...tasks.map((task) => task[key] / 1000));
  return { busy: most("tdur"), wall: most("dur") };
}

try {
  const maps = await mapTimes();
  const loads = [];
  const tasks = [];
  for (let round = 0; round < ROUNDS; round++) loads.push(await firstLoad());
  for (let round = 0; round < 3; round++) tasks.push(await longestTask());
  const row = (name, values) => [
    name,
    ...[Math.min(...values), middle(values), Math.max(...values)].map(figure),
  ];
  printTable({
    title: "The lab",
    head: ["", "least", "median", "most"],
    rows: [
      row(
        "first load, kB gzipped",
        loads.map(({ kB }) => kB),
      ),
      row(
        "load to first curve, ms",
        loads.map(({ time }) => time),
      ),
      row(
        "longest task in a sweep, ms of processor",
        tasks.map(({ busy }) => busy),
      ),
      row(
        "the same, ms of wall time",
        tasks.map(({ wall }) => wall),
      ),
      row(`map of ${SIDE} x ${SIDE} cells, ${STEPS} steps, ${THREADS} threads, ms`, maps),
    ],
  });
} finally {
  await browser.close();
  server.close();
  await rm(folder, { recursive: true, force: true });
}
