// Measures in Chromium how long ninscope blocks a page's thread, and how soon an aborted run ends.
// Run `npm run build` first. node bench/page.mjs [training manyRuns longRun longRunKept ownImages cancelling]
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { build } from "vite";
import { figure, printTable } from "./lib/table.mjs";

const WORKS = ["training", "manyRuns", "longRun", "longRunKept", "ownImages"];
const [ROUNDS, CANCELS] = [5, 20];
const wanted = process.argv.slice(2);
const asked = (name) => wanted.length === 0 || wanted.includes(name);

const folder = await mkdtemp(join(tmpdir(), "ninscope-bench-page-"));
await build({
  configFile: false,
  logLevel: "warn",
  base: "./",
  worker: { format: "es" },
  build: {
    outDir: folder,
    target: "es2022",
    chunkSizeWarningLimit: 1000,
    rollupOptions: {
      input: "bench/page/work.mjs",
      preserveEntrySignatures: "strict",
      output: { entryFileNames: "work.mjs" },
    },
  },
});
const server = createServer(async ({ url }, answer) => {
  const body =
    url === "/" ? "<!doctype html>" : await readFile(join(folder, url)).catch(() => null);
  answer.writeHead(body === null ? 404 : 200, {
    "content-type": url === "/" ? "text/html" : "text/javascript",
  });
  answer.end(body);
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const browser = await chromium.launch({
  executablePath: process.env.NINSCOPE_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-background-networking", "--disable-sync"],
});

/** Opens a new page; returns it with a function that calls the bundle's functions on it. */
async function opened() {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const call = (name, ...args) =>
    page.evaluate(`import("/work.mjs").then((m) => m.${name}(...${JSON.stringify(args)}))`);
  return { page, call };
}

/** The longest task of the page's own thread, in ms of its processor time and of wall time, for each round. */
async function longestTasks(name) {
  const { page, call } = await opened();
  // In the first round the engine has not compiled the code yet.
  await call(name);
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    await browser.startTracing(page, { categories: ["toplevel"] });
    await call(name);
    const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
    const place = ({ pid, tid }) => `${pid}:${tid}`;
    const main = new Set(
      traceEvents
        .filter(({ name: what, args }) => what === "thread_name" && args.name === "CrRendererMain")
        .map(place),
    );
    const tasks = traceEvents.filter((event) => event.tdur && main.has(place(event)));
    const most = (key) => Math.max(...tasks.map((task) => task[key] / 1000));
    rounds.push({ busy: most("tdur"), wall: most("dur") });
  }
  await page.close();
  return rounds;
}

const middle = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

try {
  const rows = [];
  for (const name of WORKS.filter(asked)) {
    const rounds = await longestTasks(name);
    const of = (key) => rounds.map((round) => round[key]);
    rows.push([
      name,
      Math.min(...of("busy")),
      middle(of("busy")),
      Math.max(...of("busy")),
      middle(of("wall")),
    ]);
  }
  if (rows.length > 0) {
    printTable({
      title: `The longest task of the page's thread over ${ROUNDS} rounds, ms (a frame: 16.7)`,
      head: ["", "least", "median", "most", "median of wall time"],
      rows: rows.map(([name, ...values]) => [name, ...values.map(figure)]),
      notes: ["All but the last column are the thread's processor time."],
    });
  }
  if (asked("cancelling")) {
    const { call } = await opened();
    const took = await call("cancelLatency", CANCELS);
    printTable({
      title: `From an abort to the end of the run, ms over ${CANCELS} runs`,
      head: ["", "least", "median", "most"],
      rows: [["on a page", ...[Math.min(...took), middle(took), Math.max(...took)].map(figure)]],
    });
  }
} finally {
  await browser.close();
  server.close();
  await rm(folder, { recursive: true, force: true });
}
