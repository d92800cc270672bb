// Measures the page of `ninscope lab` in Chromium: its first load, its longest tasks, its frames and its phase map.
// Run `npm run build` first. node bench/lab.mjs [load sweep curves map]
import { availableParallelism, loadavg } from "node:os";
import { gzipSync } from "node:zlib";
import { openBuiltLab } from "../scripts/builtLab.mjs";
import { quantile } from "./lib/statistics.mjs";
import { figure, printTable } from "./lib/table.mjs";

const ROUNDS = { load: 9, sweep: 3, curves: 3, map: 25 };
/** A run of 10,000 updates of a small network, each with a point on every curve. */
const LONG = {
  panel: "run",
  experiment: {
    network: { layers: [32, 32] },
    noise: [{ layer: 0, nodes: 1, sigma: 20 }],
    data: { name: "gaussian-mixture", inputs: 16, classes: 4, train: 400, test: 200 },
    optimizer: { learningRate: 0.1, batchSize: 50 },
    steps: 10000,
    record: { dense: 10000 },
  },
};
const SWEPT = { panel: "sweep", sweep: { from: 1, to: 1000, count: 24, seeds: 2 } };

const asked = process.argv.slice(2);
const parts = asked.length > 0 ? asked : Object.keys(ROUNDS);

const { url, browser, close } = await openBuiltLab();

/** A page in a fresh profile, which keeps nothing of the ones before. */
async function opened(state = {}, prepare = async () => {}) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    // It fetches every file after the first view; that is no part of the first load.
    serviceWorkers: "block",
  });
  context.setDefaultTimeout(0);
  const page = await context.newPage();
  await prepare(page, context);
  const text = Buffer.from(JSON.stringify(state)).toString("base64url");
  await page.goto(`${url}#1.${text}`);
  return page;
}

/** When the page drew its first curve and showed its tabs, in ms since the navigation; bytes of all it had asked for by then. */
async function firstLoad() {
  // All workers share the files that the first of them fetched.
  const bodies = new Map();
  const page = await opened({}, async (page, context) => {
    context.on("response", (response) => bodies.set(response.url(), response.body()));
    await page.addInitScript(() => {
      const seen = (selector, name) => {
        const look = () => {
          if (!document.querySelector(selector)) return requestAnimationFrame(look);
          // The frame that shows it has been drawn once the next one begins.
          requestAnimationFrame(() => performance.mark(name));
        };
        look();
      };
      seen('[role="tab"]', "interactive");
      seen("path.curve", "curve");
    });
  });
  await page.waitForFunction(() => performance.getEntriesByName("curve").length > 0);
  const at = (name) =>
    page.evaluate((mark) => performance.getEntriesByName(mark)[0].startTime, name);
  const found = { interactive: await at("interactive"), curve: await at("curve") };
  const sizes = (await Promise.all(bodies.values())).map(
    (body) => gzipSync(body, { level: 9 }).length,
  );
  await page.context().close();
  return { ...found, bytes: sizes.reduce((a, b) => a + b, 0) };
}

/** The tasks of the page's own thread while something goes on, in ms of processor time and of wall time. */
async function tasksDuring(page, work) {
  await browser.startTracing(page, { categories: ["toplevel"] });
  await work();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  const place = ({ pid, tid }) => `${pid}:${tid}`;
  const main = new Set(
    traceEvents
      .filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain")
      .map(place),
  );
  return traceEvents
    .filter((event) => event.tdur && main.has(place(event)))
    .map(({ tdur, dur }) => ({ busy: tdur / 1000, wall: dur / 1000 }));
}

/** The longest task while a sweep of 48 runs goes on. */
async function sweeping() {
  const page = await opened(SWEPT);
  await page.getByRole("button", { name: "Start" }).waitFor();
  const tasks = await tasksDuring(page, async () => {
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByRole("button", { name: "All made" }).waitFor();
  });
  await page.context().close();
  return longest(tasks);
}

const longest = (tasks) => ({
  busy: Math.max(...tasks.map(({ busy }) => busy)),
  wall: Math.max(...tasks.map(({ wall }) => wall)),
});

/** Frames while a run of 10,000 updates plays its last tenth, where the curves are longest. */
async function curves() {
  const page = await opened(LONG);
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("slider", { name: /^Step/ }).fill("9000");
  await page.getByText("Step 9000 of 10000").waitFor();
  const frames = page.evaluate(
    () =>
      new Promise((resolve) => {
        const at = [];
        const each = (now) => {
          at.push(now);
          if (document.querySelector('[data-testid="hash"]')) resolve(at);
          else requestAnimationFrame(each);
        };
        requestAnimationFrame(each);
      }),
  );
  const tasks = await tasksDuring(page, async () => {
    await page.getByRole("button", { name: "Play", exact: true }).click();
    await frames;
  });
  const at = await frames;
  await page.context().close();
  return { between: at.slice(1).map((now, i) => now - at[i]), ...longest(tasks) };
}

/** From a slider's movement to the map of 256 x 256 cells on the page, in ms. */
async function redraws() {
  const page = await opened({ panel: "map" });
  await page.waitForFunction(() => performance.getEntriesByName("phase map").length > 0);
  const times = [];
  for (let seed = 2; seed < 2 + ROUNDS.map; seed++) {
    const took = await page.evaluate(async (value) => {
      const slider = [...document.querySelectorAll("label.field")]
        .find((label) => label.textContent.startsWith("Seed"))
        .querySelector("input");
      const start = performance.now();
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(slider, value);
      slider.dispatchEvent(new Event("input", { bubbles: true }));
      for (;;) {
        const [entry] = performance.getEntriesByName("phase map");
        if (entry.startTime >= start) return entry.startTime + entry.duration - start;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }, String(seed));
    times.push(took);
  }
  await page.context().close();
  return times;
}

async function rounds(count, work) {
  const all = [];
  for (let i = 0; i < count; i++) all.push(await work());
  return all;
}

const spread = (values) => [0, 0.5, 0.9, 1].map((q) => figure(quantile(values, q)));
const rows = [];
const add = (name, values) => rows.push([name, ...spread(values)]);

try {
  if (parts.includes("load")) {
    const all = await rounds(ROUNDS.load, firstLoad);
    add(
      "first load, kB gzipped",
      all.map(({ bytes }) => bytes / 1000),
    );
    add(
      "interactive, ms",
      all.map(({ interactive }) => interactive),
    );
    add(
      "first curve, ms",
      all.map(({ curve }) => curve),
    );
  }
  if (parts.includes("sweep")) {
    const all = await rounds(ROUNDS.sweep, sweeping);
    add(
      "longest task in a sweep, ms of the processor",
      all.map(({ busy }) => busy),
    );
    add(
      "longest task in a sweep, ms of wall time",
      all.map(({ wall }) => wall),
    );
  }
  if (parts.includes("curves")) {
    const all = await rounds(ROUNDS.curves, curves);
    add(
      "10,000 points: between frames, ms",
      all.flatMap(({ between }) => between),
    );
    add(
      "10,000 points: longest task, ms of the processor",
      all.map(({ busy }) => busy),
    );
  }
  if (parts.includes("map")) {
    add("phase map, 256 x 256, ms", await redraws());
  }
  printTable({
    title: "The page of ninscope lab",
    head: ["", "least", "median", "90 %", "most"],
    rows,
    notes: [
      `Rounds: ${parts.map((part) => `${part} ${ROUNDS[part]}`).join(", ")}. Cores: ${availableParallelism()}; load at the end: ${loadavg()[0].toFixed(1)}.`,
    ],
  });
} finally {
  await close();
}
