import { signal } from "@preact/signals";
import { proxy } from "comlink";
import type { Experiment } from "../../../ts/experiment/schema.js";
import type { Frame } from "../../maths/run/frame.js";
import type { MachineChoice } from "../../state/labState.js";
import { change, hidden, problem, state, told } from "../session.js";
import { trainer } from "../workers.js";

/** What the run that is open shows; null: none is open yet. */
export const frame = signal<Frame | null>(null);
export const playing = signal(false);
/** What the run that is open has to say, such as that its GPU was lost; null: nothing. */
export const notice = signal<string | null>(null);
/** How many times slower than usual the run plays. */
export const slowness = signal(1);

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
    await trainer().open(experiment, opening, proxy(show), proxy(note), proxy(failed));
    if (isMine() && playing.value && !hidden.value) await trainer().play();
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
  if (frame.value?.end) await trainer().seek(0).catch(told);
  playing.value = true;
  await trainer().play().catch(told);
}

export async function pause(): Promise<void> {
  playing.value = false;
  await trainer().pause().catch(told);
}

export async function stepOnce(): Promise<void> {
  playing.value = false;
  await trainer()
    .advance(frame.value?.step ?? 0, 1)
    .catch(told);
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
    await trainer().seek(next).catch(told);
  }
  seeking = false;
}

/** 1: the usual pace; 8: an eighth of it. */
export async function slow(times: number): Promise<void> {
  slowness.value = times;
  await trainer().slow(times).catch(told);
}

/** Lets another machine make the run that is open, from where it is. */
export async function switchMachine(machine: MachineChoice): Promise<void> {
  change({ machine });
  notice.value = null;
  await trainer()
    .switchTo(machine)
    .catch((error: Error) => {
      notice.value = `${error.message}. The run stays where it was.`;
    });
}

// A run that plays waits while the tab is hidden.
hidden.subscribe((isHidden) => {
  if (playing.peek()) (isHidden ? trainer().pause() : trainer().play()).catch(told);
});
