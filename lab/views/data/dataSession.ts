import { signal } from "@preact/signals";
import type { DataInput } from "../../../ts/data/specs.js";
import { fileName } from "../../../ts/experiment/dataPaths.js";
import { parseExperiment } from "../../../ts/experiment/parse.js";
import type { OwnData } from "../../maths/files/ownData.js";
import type { NetworkInFile } from "../../maths/files/ownNetwork.js";
import { isDataFile } from "../../maths/files/specOfFiles.js";
import { checkForPage } from "../../state/pageLimits.js";
import { desk } from "../desk.js";
import { change, state } from "../session.js";
import { imported } from "../sweep/sweepSession.js";
import { giveFiles } from "../workers.js";
import type { Drop } from "./droppedFiles.js";

/** The samples that were read last. */
export const data = signal<OwnData | null>(null);
/** The network that was read last, and its file's name. */
export const network = signal<{ readonly name: string; readonly found: NetworkInFile } | null>(
  null,
);
/** The `data` field that reads the files, as text that the reader may correct. */
export const specText = signal("");
export const kept = signal<readonly { readonly name: string; readonly bytes: number }[]>([]);
/** What is being done; null: nothing. */
export const doing = signal<string | null>(null);
/** What went wrong, and what was done, each in one line. */
export const wrong = signal<string | null>(null);
export const done = signal<string | null>(null);

/** Files that were dropped since the page was opened, by name. */
const dropped = new Map<string, File>();

/** Does one thing after another, and tells what went wrong. */
async function busy(what: string, work: () => Promise<void>): Promise<void> {
  doing.value = what;
  wrong.value = null;
  done.value = null;
  try {
    await work();
  } catch (error) {
    wrong.value = error instanceof Error ? error.message : String(error);
  } finally {
    doing.value = null;
  }
}

/** Reads what a person dropped: a result folder, an experiment, samples, a network. */
export function take({ files, folder }: Drop): Promise<void> {
  return busy("The files are being read.", async () => {
    if (files.size === 0) throw new Error("nothing was dropped: takes files, or a result folder");
    const paths = [...files.keys()];
    if (folder !== null && paths.some((path) => fileName(path) === "experiment.json")) {
      await takeFolder(folder, files);
      return;
    }
    for (const [path, file] of files) dropped.set(fileName(path), file);
    try {
      await give();
      await takeFiles(paths.map(fileName));
    } catch (error) {
      // What cannot be read is not kept either.
      for (const path of paths) dropped.delete(fileName(path));
      throw error;
    }
  });
}

async function takeFiles(names: readonly string[]): Promise<void> {
  const experiment = names.find((name) => /\.json$/i.test(name));
  const checkpoint = names.find((name) => /\.(safetensors|pt|pth|bin)$/i.test(name));
  const samples = names.filter(isDataFile);
  if (!experiment && !checkpoint && samples.length === 0) {
    throw new Error(
      `${names.slice(0, 3).join(", ")}: takes CSV, NPY, NPZ, IDX, safetensors, an experiment’s JSON, or a result folder`,
    );
  }
  if (experiment) await takeExperiment(experiment);
  if (samples.length > 0) await read(await desk().guess(samples));
  if (checkpoint) network.value = { name: checkpoint, found: await desk().network(checkpoint) };
}

async function give(): Promise<void> {
  await Promise.all([giveFiles(dropped), desk().give(dropped)]);
}

async function takeFolder(name: string, files: ReadonlyMap<string, File>): Promise<void> {
  const found = await desk().folder(name, files);
  checkForPage(found.experiment);
  imported.value = found.points ? found : null;
  change({ experiment: found.experiment, panel: found.points ? "sweep" : "run" });
}

async function takeExperiment(name: string): Promise<void> {
  const experiment = await desk().experiment(name);
  checkForPage(experiment);
  change({ experiment });
  done.value = `The experiment of ${name} is in “One run”.`;
}

async function read(spec: DataInput): Promise<void> {
  specText.value = JSON.stringify(spec);
  const found = await desk().data(spec);
  data.value = found;
  specText.value = JSON.stringify(found.spec);
}

/** Reads the files again, as the corrected text says. */
export function readAgain(text: string): Promise<void> {
  return busy("The files are being read.", async () => {
    specText.value = text;
    let spec: DataInput;
    try {
      spec = JSON.parse(text);
    } catch (error) {
      throw new Error(`the data field is not JSON: ${(error as Error).message}`);
    }
    await read(spec);
  });
}

/** Trains the run view's network on the samples. */
export function trainOn({ spec, summary }: OwnData): Promise<void> {
  return busy("The experiment is being made.", async () => {
    const { network: own, optimizer, ...rest } = state.value.experiment;
    const { loss: _, ...shape } = own;
    const { batchSize } = optimizer;
    const experiment = parseExperiment({
      ...rest,
      data: spec,
      network: { ...shape, inputs: summary.inputs, outputs: summary.outputs },
      optimizer: {
        ...optimizer,
        batchSize: batchSize === "full" ? batchSize : Math.min(batchSize, summary.rows),
      },
    });
    checkForPage(experiment);
    change({ experiment, panel: "run" });
  });
}

/** Keeps the dropped files in the browser. */
export function keep(): Promise<void> {
  return busy("The files are being kept.", async () => {
    for (const [name, file] of dropped) await desk().keep(name, file);
    await look();
    done.value = "The files stay in this browser until you delete them.";
  });
}

export function forget(): Promise<void> {
  return busy("The files are being deleted.", async () => {
    await desk().forgetFiles();
    await look();
    done.value = "The files are deleted from this browser.";
  });
}

export async function look(): Promise<void> {
  kept.value = await desk().keptFiles();
}

/** Reads the files that the browser keeps. */
export function readKept(): Promise<void> {
  return busy("The files are being read.", async () => {
    const names = kept.value.map(({ name }) => name);
    const samples = names.filter(isDataFile);
    const checkpoint = names.find((name) => /\.safetensors$/i.test(name));
    if (samples.length > 0) await read(await desk().guess(samples));
    if (checkpoint) network.value = { name: checkpoint, found: await desk().network(checkpoint) };
  });
}

export const isDropped = () => dropped.size > 0;
