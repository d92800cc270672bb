import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { edited } from "../../lab/state/edit.js";
import { fragmentOf, stateOf } from "../../lab/state/fragment.js";
import { FIRST_STATE, type LabState } from "../../lab/state/labState.js";
import { sweepInput } from "../../lab/state/sweepSpec.js";
import { type FileSource, hashRuns, sweep, train } from "../../ts/entries/browser.js";
import { encodeTensors } from "../../ts/format/safetensors.js";
import { openStore, writeSpec } from "../../ts/store/node/openStore.js";
import { axeFinds, executablePath, fragmentWhere, type Lab, openLab, SIZES } from "./lab.js";
import { idxFiles } from "./ownFiles.js";

/** A sweep of short runs over all phases. */
const SWEPT: LabState = {
  ...FIRST_STATE,
  panel: "sweep",
  experiment: edited(FIRST_STATE.experiment, "steps", 40),
  sweep: { ...FIRST_STATE.sweep, from: 1, to: 1000, count: 6, seeds: 2 },
};

/** A network of 36 inputs and two outputs, with one hidden layer, as PyTorch names its tensors. */
function network36(): Uint8Array {
  const wave = (length: number) => Float32Array.from({ length }, (_, i) => Math.sin(i) / 6);
  return encodeTensors({
    tensors: { "fc1.weight": wave(36 * 8), "fc1.bias": wave(8), "fc2.weight": wave(16) },
    shapes: { "fc1.weight": [8, 36], "fc2.weight": [2, 8] },
    metadata: {},
  });
}

describe.skipIf(executablePath === null)("the lab at work (skipped without Chromium)", () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await openLab();
  });
  afterAll(() => lab?.close());

  const made = (page: Page) => page.getByTestId("made");

  it("a sweep goes on after its tab was closed, to Node's results", async () => {
    const { context, wrong, open } = await lab.profile(SIZES.desktop);
    const first = await open(fragmentOf(SWEPT));
    await first.getByRole("button", { name: "Start" }).click();
    await made(first)
      .getByText(/^[1-9]\d* of 12/)
      .waitFor();
    const link = new URL(first.url()).hash;
    await first.close();
    // The address holds that the sweep is under way: the page that opens with it goes on.
    const again = await open(link.slice(1));
    await made(again).getByText("12 of 12 runs").waitFor();
    await again.getByRole("button", { name: "All made" }).waitFor();
    expect(new URL(again.url()).hash.slice(1)).toBe(fragmentOf(SWEPT));
    const [download] = await Promise.all([
      again.waitForEvent("download", { timeout: 0 }),
      again.getByRole("button", { name: "SVG", exact: true }).click(),
    ]);
    expect(await readFile(await download.path(), "utf8")).toMatch(
      /^<svg [\s\S]*12 runs[\s\S]*<\/svg>/,
    );
    await again.getByText("Table of the runs").click();
    const rows = await again
      .locator("section.table tbody tr")
      .evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent)));
    const { runs } = await sweep(sweepInput(SWEPT.experiment, SWEPT.sweep), { backend: "wasm" });
    const want = runs.map(({ experiment, phase, final }) => [
      ...[String(experiment.noise[0].sigma), String(experiment.seed), phase],
      String(Number(final.unperturbedLoss.toPrecision(6))),
    ]);
    const got = rows.map(([sigma, seed, phase, , loss]) => [sigma, seed, phase, loss]);
    expect(got.sort()).toEqual(want.sort());

    // What is kept is shown without being made again, and can be deleted.
    await again.close();
    const third = await open(fragmentOf(SWEPT));
    await made(third).getByText("12 of 12 runs").waitFor();
    await third.getByText(/^Sweeps that this browser keeps/).click();
    await third.getByRole("button", { name: "Delete" }).click();
    await third.getByText(/^Sweeps that this browser keeps/).waitFor({ state: "detached" });
    await context.close();
    expect(wrong).toEqual([]);
  });

  it("is driven by keys alone, pauses, and says what a field takes", async () => {
    const { context, wrong, open } = await lab.profile({ ...SIZES.desktop, hasTouch: true });
    const page = await open(fragmentOf(SWEPT));
    const to = page.getByLabel("To σ");
    await to.fill("0.5");
    await to.press("Enter");
    await page.getByText("sweep.to is 0.5: takes a number above sweep.from, 1").waitFor();
    await to.fill("500");
    await to.press("Tab");
    await page.getByRole("button", { name: "Start" }).focus();
    await page.keyboard.press("Enter");
    await made(page)
      .getByText(/^[1-9]\d* of 12/)
      .waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: /^(Go on|All made)$/ }).waitFor();
    await page.getByRole("slider", { name: /^Look at/ }).focus();
    await page.keyboard.press("Home");
    await page.getByRole("button", { name: "Watch it: sigma 1, seed 1" }).click();
    await page.getByTestId("hash").waitFor();
    await context.close();
    expect(wrong).toEqual([]);
  });

  it("reads dropped samples and networks, trains on them, keeps them and deletes them", async () => {
    const { context, wrong, open } = await lab.profile(SIZES.desktop);
    const page = await open(fragmentOf({ ...SWEPT, panel: "data" }));
    const file = (name: string, bytes: Uint8Array) => ({
      ...{ name, mimeType: "application/octet-stream", buffer: Buffer.from(bytes) },
    });
    const choose = page.getByLabel("Choose files");
    await choose.setInputFiles([file("odd.csv", new TextEncoder().encode("a,b\n1,x\n"))]);
    await page.getByRole("alert").getByText("line 2, column b").waitFor();
    const { images, labels } = idxFiles(60, 6);
    await choose.setInputFiles([
      file("own-idx3-ubyte", images),
      file("own-idx1-ubyte", labels),
      file("net.safetensors", network36()),
    ]);
    await page.getByTestId("summary").getByText("60 training and 0 test samples").waitFor();
    expect(await page.locator(".pictures canvas").count()).toBe(12);
    const drawn = await page
      .locator(".pictures canvas")
      .nth(1)
      .evaluate((canvas: HTMLCanvasElement) => [
        ...(canvas.getContext("2d")?.getImageData(0, 0, 6, 1).data ?? []),
      ]);
    expect(drawn[20]).toBeGreaterThan(drawn[0]);
    await page.getByRole("button", { name: "Read the curvature" }).click();
    await page.getByText("read by noise nodes").waitFor();
    await page.getByRole("button", { name: "Keep the files" }).click();
    await page.getByText(/^Kept: net\.safetensors, own-idx1-ubyte, own-idx3-ubyte/).waitFor();
    await page.getByRole("button", { name: "Train on these samples" }).click();
    const hash = await page.getByTestId("hash").textContent();
    const address = await fragmentWhere(page, ({ panel }) => panel === "run");
    const { experiment } = stateOf(address);
    const inFolder = { read: async (path: string) => (path.includes("3") ? images : labels) };
    const files = inFolder as unknown as FileSource;
    expect(hash).toBe(await hashRuns([await train(experiment, { files, backend: "wasm" })]));

    // Kept files are there when the link is opened again; deleted ones are not.
    await page.close();
    const again = await open(address);
    expect(await again.getByTestId("hash").textContent()).toBe(hash);
    await again.getByRole("tab", { name: "Your data" }).click();
    await again.getByRole("button", { name: "Read the kept files" }).click();
    await again.getByTestId("summary").waitFor();
    await again.getByRole("button", { name: "Delete the kept files" }).click();
    await again.getByText("The files are deleted").waitFor();
    await again.close();
    const third = await open(address);
    await third.getByRole("alert").getByText("this page has no such file; drop it").waitFor();
    await context.close();
    expect(wrong).toEqual([]);
  });

  it("shows a result folder of the command line, and an experiment's file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "ninscope-lab-results-"));
    const input = sweepInput(SWEPT.experiment, { ...SWEPT.sweep, count: 3, seeds: 1 });
    const store = await openStore(folder);
    await writeSpec(folder, input);
    const { runs } = await sweep(input, { store, workers: 0 });
    await store.close();
    const { context, wrong, open } = await lab.profile(SIZES.desktop);
    const page = await open(fragmentOf({ ...FIRST_STATE, panel: "data" }));
    await page.getByLabel("Choose a result folder").setInputFiles(folder);
    await page.getByText("The runs are those of ninscope-lab-results").waitFor();
    await page.getByText("Table of the runs").click();
    const phases = page.locator("section.table tbody tr td:nth-child(3)");
    expect(await phases.allTextContents()).toEqual(runs.map(({ phase }) => phase));
    await page.getByRole("button", { name: "Close the folder" }).click();
    await page.getByRole("tab", { name: "Your data" }).click();
    await page.getByLabel("Choose files").setInputFiles({
      ...{ name: "mine.json", mimeType: "application/json" },
      buffer: Buffer.from('{ "network": { "layers": [7] }, "steps": 9, "epoch": 1 }'),
    });
    await page.getByRole("alert").getByText("epoch is not a field here").waitFor();
    await page.getByLabel("Choose files").setInputFiles({
      ...{ name: "mine.json", mimeType: "application/json" },
      buffer: Buffer.from('{ "network": { "layers": [7] }, "steps": 9 }'),
    });
    await page.getByText("The experiment of mine.json is in").waitFor();
    await fragmentWhere(page, ({ experiment }) => `${experiment.network.layers}` === "7");
    await context.close();
    await rm(folder, { recursive: true });
    expect(wrong).toEqual([]);
  });

  it("compares this machine with the reference, times it, and copies the tables", async () => {
    const options = { ...SIZES.desktop, permissions: ["clipboard-read", "clipboard-write"] };
    const { context, wrong, open } = await lab.profile(options);
    const page = await open(fragmentOf({ ...SWEPT, panel: "checks" }));
    await page.getByRole("button", { name: "Compare with the reference" }).click();
    await page
      .getByTestId("verified")
      .getByText(/^All \d+ errors are within/)
      .waitFor();
    await page.getByRole("button", { name: "Copy the table of errors" }).click();
    await page.getByText(/rows are in the clipboard/).waitFor();
    const text = await page.evaluate("navigator.clipboard.readText()");
    expect(text).toMatch(/^check\tmachine\terror\tbound\twithin\n.+\twasm/);
    await page.getByRole("button", { name: /^Time small/ }).click();
    await page.getByTestId("timed").waitFor();
    expect(await page.getByText("wasm", { exact: true }).count()).toBeGreaterThan(2);
    await context.close();
    expect(wrong).toEqual([]);
  });

  it("says that the storage is full, and goes on without keeping the runs", async () => {
    const { context, wrong, open } = await lab.profile(SIZES.desktop);
    const page = await open(fragmentOf(SWEPT));
    const devtools = await context.newCDPSession(page);
    const origin = new URL(lab.url).origin;
    await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1 });
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByTestId("trouble").waitFor();
    await page.getByRole("button", { name: "Go on without keeping the runs" }).click();
    await made(page).getByText("12 of 12 runs").waitFor();
    await context.close();
    expect(wrong).toEqual([]);
  });

  it("opens without a network once it was loaded", async () => {
    const { context, wrong, open } = await lab.profile(SIZES.desktop);
    const page = await open(fragmentOf(FIRST_STATE));
    await page.evaluate("navigator.serviceWorker.ready");
    await context.setOffline(true);
    await page.goto(`${lab.url}#${fragmentOf(SWEPT)}`);
    await page.reload();
    await page.getByRole("button", { name: "Start" }).click();
    await made(page).getByText("12 of 12 runs").waitFor();
    await page.getByRole("tab", { name: "Your data" }).click();
    await page.getByLabel("Choose files").waitFor();
    await page.getByRole("tab", { name: "Your machine" }).click();
    await page.getByRole("button", { name: "Compare with the reference" }).waitFor();
    await context.close();
    expect(wrong).toEqual([]);
  });

  it("says that a GPU is missing, and makes the sweep on the CPUs instead", async () => {
    const { context, wrong, open } = await lab.profile(SIZES.desktop);
    const page = await open(fragmentOf({ ...SWEPT, sweep: { ...SWEPT.sweep, machine: "gpu" } }));
    await page.getByRole("button", { name: "Start" }).click();
    await page
      .getByRole("alert")
      .getByText(/WebGPU|adapter|GPU/)
      .waitFor();
    await page.getByRole("button", { name: "Make the sweep on the CPUs" }).click();
    await made(page).getByText("12 of 12 runs").waitFor();
    await context.close();
    expect(wrong).toEqual([]);
  });

  it("axe finds nothing wrong in the views that work, in both themes", async () => {
    const options = { ...SIZES.desktop, reducedMotion: "reduce", bypassCSP: true } as const;
    const { context, wrong, open } = await lab.profile(options);
    const page = await open(fragmentOf({ ...SWEPT, sweep: { ...SWEPT.sweep, on: true } }));
    await made(page).getByText("12 of 12 runs").waitFor();
    await page.getByText("Table of the runs").click();
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await axeFinds(page)).toEqual([]);
    }
    await page.getByRole("tab", { name: "Your data" }).click();
    const { images, labels } = idxFiles(20, 6);
    await page.getByLabel("Choose files").setInputFiles([
      { name: "a-idx3-ubyte", mimeType: "", buffer: Buffer.from(images) },
      { name: "a-idx1-ubyte", mimeType: "", buffer: Buffer.from(labels) },
      { name: "a.safetensors", mimeType: "", buffer: Buffer.from(network36()) },
    ]);
    await page.getByText("The network in a.safetensors").waitFor();
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await axeFinds(page)).toEqual([]);
    }
    await page.getByRole("tab", { name: "Your machine" }).click();
    await page.getByRole("button", { name: "Compare with the reference" }).click();
    await page.getByTestId("verified").waitFor();
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await axeFinds(page)).toEqual([]);
    }
    await context.close();
    expect(wrong).toEqual([]);
  });
});
