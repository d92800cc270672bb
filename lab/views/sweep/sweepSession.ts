import { batch, effect, signal } from "@preact/signals";
import { proxy } from "comlink";
import type { Progress } from "../../../ts/async/progress.js";
import type { Imported } from "../../maths/files/resultFolder.js";
import type { SweepJob, SweptPoint } from "../../maths/sweep/sweepJob.js";
import { withSigma } from "../../state/edit.js";
import { sweepInput } from "../../state/sweepSpec.js";
import { desk } from "../desk.js";
import { forecastStrip } from "../predictedStrip.js";
import { change, state } from "../session.js";

/** The runs that are made, of the sweep on show. */
export const points = signal<readonly SweptPoint[]>([]);
export const progress = signal<Progress | null>(null);
/** Whether runs are being made. */
export const working = signal(false);
/** Why the sweep stopped, or what went wrong in it. */
export const trouble = signal<string | null>(null);
export const estimate = signal<{ readonly seconds: number; readonly runs: number } | null>(null);
/** Whether finished runs are kept; a full storage, or a browser that keeps nothing, ends that. */
export const keeping = signal(true);

/** Runs of a result folder that was dropped on the page; they stand in the place of the page's own. */
export const imported = signal<Imported | null>(null);

/** Milliseconds that a control must rest before the page computes what depends on it, and between two drawings. */
const [REST, DRAW] = [300, 150];

interface Wish {
  readonly key: string;
  readonly on: boolean;
  readonly job: SweepJob | null;
}

let wish: Wish = { key: "", on: false, job: null };
let shownKey = "";
/** Sweeps and looks at what is kept take turns: the store of a sweep has one holder. */
let turn: Promise<void> = Promise.resolve();
let resting: ReturnType<typeof setTimeout> | undefined;
let following = false;

/** Follows the state: starts, pauses and resumes the sweep that it names. */
export function follow(): void {
  if (following) return;
  following = true;
  effect(() => {
    const { experiment, sweep } = state.value;
    const { on, ...plan } = sweep;
    const key = JSON.stringify([withSigma(experiment, 1), plan, keeping.value]);
    if (key === wish.key && on === wish.on) return;
    const isNew = key !== wish.key;
    let job: SweepJob | null = null;
    try {
      const input = sweepInput(experiment, sweep);
      job = { input, machine: sweep.machine, keep: keeping.value };
      if (isNew) trouble.value = null;
    } catch (error) {
      trouble.value = (error as Error).message;
    }
    wish = { key, on, job };
    desk().stop().catch(failed);
    clearTimeout(resting);
    const mine = wish;
    resting = setTimeout(
      () => {
        turn = turn.then(() => act(mine)).catch(failed);
        if (job && isNew) look(mine, job);
      },
      isNew && !on ? REST : 0,
    );
  });
}

/** Computes what the page says of a sweep before it begins. */
function look({ key }: Wish, job: SweepJob): void {
  estimate.value = null;
  desk()
    .estimate(job)
    .then((found) => {
      if (wish.key === key) estimate.value = found;
    }, failed);
  forecastStrip(state.value.experiment, failed);
}

async function act(mine: Wish): Promise<void> {
  if (mine !== wish) return;
  const { key, on, job } = mine;
  if (key !== shownKey) {
    shownKey = key;
    points.value = [];
    progress.value = null;
  }
  if (!job) return;
  if (on) await run(mine, job);
  else if (job.keep) show(mine, await desk().kept(job), true);
}

async function run(mine: Wish, job: SweepJob): Promise<void> {
  working.value = true;
  trouble.value = null;
  points.value = [];
  const buffer: SweptPoint[] = [];
  const draw = () => show(mine, buffer.splice(0), false);
  const timer = setInterval(draw, DRAW);
  const ears = {
    points: (made: readonly SweptPoint[]) => {
      buffer.push(...made);
    },
    progress: (now: Progress) => {
      if (mine === wish) progress.value = now;
    },
    note: (line: string) => {
      if (mine === wish) trouble.value = line;
    },
  };
  try {
    const whole = await desk().sweep(job, proxy(ears));
    if (whole && mine === wish) end();
  } catch (error) {
    if (mine === wish) {
      end();
      failed(error);
    }
  } finally {
    clearInterval(timer);
    draw();
    working.value = false;
  }
}

function show(mine: Wish, made: readonly SweptPoint[], anew: boolean): void {
  if (mine.key !== wish.key || (made.length === 0 && !anew)) return;
  points.value = anew ? made : [...points.value, ...made];
}

function end(): void {
  batch(() => {
    const { sweep } = state.value;
    wish = { ...wish, on: false };
    change({ sweep: { ...sweep, on: false } });
  });
}

function failed(error: unknown): void {
  trouble.value = error instanceof Error ? error.message : String(error);
}

/** Starts or pauses the sweep on show. */
export function turnOn(on: boolean): void {
  change({ sweep: { ...state.value.sweep, on } });
}

/** Makes the runs again without keeping them. */
export function goOnWithoutKeeping(): void {
  batch(() => {
    keeping.value = false;
    turnOn(true);
  });
}
