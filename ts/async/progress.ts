/** How far a job is. Every function that takes `onProgress` reports it in this form. */
export interface Progress {
  /** Parts of the work that are finished; a part that is under way counts as a fraction. */
  readonly done: number;
  /** All parts of the work; it may grow while the work goes on. */
  readonly total: number;
  /** What is counted, such as `step` or `run`. */
  readonly what: string;
  /** Estimate from the speed so far; null before there is any. */
  readonly secondsLeft: number | null;
}

/** Receives reports of a job's progress. */
export type OnProgress = (progress: Progress) => void;

/** Turns counts into reports that carry an estimate of the time left. */
export class ProgressReporter {
  readonly #what: string;
  readonly #tell: OnProgress | undefined;
  readonly #start = performance.now();
  #first: number | null = null;

  constructor(what: string, tell: OnProgress | undefined) {
    this.#what = what;
    this.#tell = tell;
  }

  report(done: number, total: number): void {
    // Work that was done before, by a resumed run, took none of this time.
    this.#first ??= done;
    const worked = done - this.#first;
    const seconds = (performance.now() - this.#start) / 1000;
    const secondsLeft = worked > 0 ? (seconds / worked) * (total - done) : null;
    this.#tell?.({ done, total, what: this.#what, secondsLeft });
  }
}
