import { RunError } from "../../ts/errors/errors.js";
import type { Experiment } from "../../ts/experiment/schema.js";
import type { Kernels } from "../../ts/kernels/kernels.js";
import type { Frame } from "../maths/run/frame.js";
import { LiveRun } from "../maths/run/liveRun.js";
import type { MachineChoice } from "../state/labState.js";

/** How a run begins. */
export interface Opening {
  readonly machine: MachineChoice;
  /** 1: the usual pace; 8: an eighth of it. */
  readonly slowness: number;
}

/** The calls by which the page handles the one run that it watches. */
export function runApi(loading: Promise<Kernels>) {
  let run: LiveRun | null = null;
  /** Opening, seeking and switching take turns, in the order in which they were asked for. */
  let turn: Promise<void> = Promise.resolve();
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    turn = turn.then(work, work);
    return turn;
  };
  const needed = () => {
    if (!run) throw new RunError("no run is open");
    return run;
  };
  return {
    /** Opens a run in the place of the one before; it waits at its start. */
    open(
      experiment: Experiment,
      opening: Opening,
      show: (frame: Frame) => void,
      note: (message: string) => void,
      failed: (message: string) => void,
    ): Promise<void> {
      return inTurn(async () => {
        await run?.dispose();
        run = null;
        run = await LiveRun.open(experiment, await loading, opening, { show, note, failed });
      });
    },
    async play() {
      needed().play();
    },
    async pause() {
      needed().pause();
    },
    async advance(from: number, count: number) {
      needed().advance(from, count);
    },
    async slow(slowness: number) {
      needed().slow(slowness);
    },
    seek(step: number): Promise<void> {
      return inTurn(() => needed().seek(step));
    },
    switchTo(machine: MachineChoice): Promise<void> {
      return inTurn(() => needed().switchTo(machine));
    },
  };
}
