import { pause } from "../async/pause.js";
import type { Session } from "../backend/machine.js";

/**
 * Milliseconds of work in one call to a machine, so that signals are heard between calls. On a page's own thread it is
 * half a frame, so that the page keeps drawing.
 */
const PIECE_MS = typeof document === "undefined" ? 40 : 8;

/** Runs lists of operations in calls of limited duration, and pauses between the calls. */
export class Pieces {
  readonly #session: Session;
  /** Number of passes of each list that fit into one call. */
  readonly #counts = new Map<string, number>();
  #lastPause = performance.now();

  constructor(session: Session) {
    this.#session = session;
  }

  /** Runs as many passes over a list as fit into one call, at most `most`; returns their trace. */
  async run(list: string, first: number, most: number): Promise<Float64Array> {
    const count = Math.min(this.#counts.get(list) ?? 1, most);
    const start = performance.now();
    const trace = await this.#session.run(list, first, count);
    const elapsed = Math.max(performance.now() - start, 1e-3);
    this.#counts.set(list, Math.max(1, Math.round(count * Math.min(4, PIECE_MS / elapsed))));
    return trace;
  }

  get pauseIsDue(): boolean {
    return performance.now() - this.#lastPause > PIECE_MS;
  }

  /** Lets the host handle its events. */
  async pause(): Promise<void> {
    await pause();
    this.paused();
  }

  /** Notes that the host has just had its turn, so that the next pause comes later. */
  paused(): void {
    this.#lastPause = performance.now();
  }
}
