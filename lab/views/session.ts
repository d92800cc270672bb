import { effect, signal } from "@preact/signals";
import { proxy, type Remote, wrap } from "comlink";
import type { Experiment } from "../../ts/experiment/schema.js";
import type { Frame } from "../maths/run/frame.js";
import { fragmentOf, stateOf } from "../state/fragment.js";
import { FIRST_STATE, type LabState, type MachineChoice } from "../state/labState.js";
import type { LabWorker } from "../worker/lab-worker.js";

/** What the page shows. */
export const state = signal<LabState>(FIRST_STATE);
/** What went wrong last, in one sentence; null: nothing. */
export const problem = signal<string | null>(null);
export const frame = signal<Frame | null>(null);
export const playing = signal(false);
/** What the run that is open has to say, such as that its GPU was lost; null: nothing. */
export const notice = signal<string | null>(null);
/** How many times slower than usual the run plays. */
export const slowness = signal(1);
export const hidden = signal(document.hidden);
const media = (query: string) => {
  const list = matchMedia(query);
  const value = signal(list.matches);
  list.addEventListener("change", () => {
    value.value = list.matches;
  });
  return value;
};
export const dark = media("(prefers-color-scheme: dark)");
export const still = media("(prefers-reduced-motion: reduce)");

/** The calls of a worker. The page says when the worker cannot go on. */
export function callsOf<T>(worker: Worker): Remote<T> {
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    problem.value = `A worker of this page could not go on: ${event.message || "it did not load"}. Reload the page.`;
  });
  return wrap<T>(worker);
}

function spawn(): Remote<LabWorker> {
  return callsOf<LabWorker>(
    new Worker(new URL("../worker/lab-worker.ts", import.meta.url), {
      type: "module",
      name: "lab",
    }),
  );
}

/** Trains the network of the run view. */
const trainer = spawn();
/** Compute forecasts, the sweep and the map; the first takes what is asked for one at a time. */
export const CORES = Math.max(1, Math.min(4, (navigator.hardwareConcurrency ?? 2) - 1));
export const helpers: readonly Remote<LabWorker>[] = Array.from({ length: CORES }, spawn);
/** Compute the phase map together. The run that the trainer holds waits meanwhile, if it plays at all. */
export const mappers: readonly Remote<LabWorker>[] = [...helpers, trainer];

/** Hands the files that a person dropped to all who may train with them. */
export async function giveFiles(files: ReadonlyMap<string, Blob>): Promise<void> {
  await Promise.all([trainer, ...helpers].map((worker) => worker.give(files)));
}

/** Shows an error of a worker on the page. */
export function told(error: unknown): void {
  problem.value = error instanceof Error ? error.message : String(error);
}

/** Changes the state; the address of the page follows. */
export function change(part: Partial<LabState>): void {
  problem.value = null;
  state.value = { ...state.value, ...part };
}

/** Reads the state from the address. A broken one leaves the state as it is, and says why. */
export function readAddress(): void {
  try {
    state.value = stateOf(location.hash);
    problem.value = null;
  } catch (error) {
    problem.value = `This link could not be opened: ${error instanceof Error ? error.message : error}.`;
  }
}

let opened: string | null = null;
let generation = 0;

/** Opens a run of an experiment in the place of the one before. */
export async function openRun(experiment: Experiment, play: boolean): Promise<void> {
  const mine = ++generation;
  opened = JSON.stringify(experiment);
  playing.value = play;
  const isMine = () => mine === generation;
  notice.value = null;
  const show = (shown: Frame) => {
    if (!isMine()) return;
    frame.value = shown;
    if (shown.end) playing.value = false;
  };
  const note = (message: string) => {
    if (isMine()) notice.value = message;
  };
  const failed = (message: string) => {
    if (isMine()) problem.value = message;
  };
  const { machine } = state.peek();
  const opening = { machine, slowness: slowness.peek() };
  try {
    await trainer.open(experiment, opening, proxy(show), proxy(note), proxy(failed));
    if (isMine() && playing.value && !hidden.value) await trainer.play();
  } catch (error) {
    if (!isMine()) return;
    playing.value = false;
    told(error);
  }
}

export function isOpen(experiment: Experiment): boolean {
  return opened === JSON.stringify(experiment);
}

export async function play(): Promise<void> {
  if (frame.value?.end) await trainer.seek(0).catch(told);
  playing.value = true;
  await trainer.play().catch(told);
}

export async function pause(): Promise<void> {
  playing.value = false;
  await trainer.pause().catch(told);
}

export async function stepOnce(): Promise<void> {
  playing.value = false;
  await trainer.advance(frame.value?.step ?? 0, 1).catch(told);
}

let wanted: number | null = null;
let seeking = false;

/** Goes to a step. Of the steps that are asked for meanwhile, as by a slider that is dragged, only the last counts. */
export async function seek(step: number): Promise<void> {
  playing.value = false;
  wanted = step;
  if (seeking) return;
  seeking = true;
  while (wanted !== null) {
    const next: number = wanted;
    wanted = null;
    await trainer.seek(next).catch(told);
  }
  seeking = false;
}

/** 1: the usual pace; 8: an eighth of it. */
export async function slow(times: number): Promise<void> {
  slowness.value = times;
  await trainer.slow(times).catch(told);
}

/** Lets another machine make the run that is open, from where it is. */
export async function switchMachine(machine: MachineChoice): Promise<void> {
  change({ machine });
  notice.value = null;
  await trainer.switchTo(machine).catch((error: Error) => {
    notice.value = `${error.message}. The run stays where it was.`;
  });
}

/** Follows the address, the tab's visibility and the state. */
export function begin(): void {
  readAddress();
  addEventListener("hashchange", () => {
    if (location.hash.slice(1) !== fragmentOf(state.value)) readAddress();
  });
  document.addEventListener("visibilitychange", () => {
    hidden.value = document.hidden;
    if (!playing.value) return;
    (document.hidden ? trainer.pause() : trainer.play()).catch(told);
  });
  effect(() => {
    const fragment = fragmentOf(state.value);
    if (problem.value !== null || location.hash.slice(1) === fragment) return;
    history.replaceState(
      null,
      "",
      fragment === "" ? location.pathname + location.search : `#${fragment}`,
    );
  });
}
