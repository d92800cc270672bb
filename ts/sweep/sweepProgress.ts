import type { OnProgress } from "../async/progress.js";

/** Counts the runs of a sweep. Several runs may be under way at once. */
export class SweepCounter {
  #tell: OnProgress | undefined;
  readonly #fractions = new Map<object, number>();
  readonly #start = performance.now();
  #runs = 0;
  #made = 0;
  #known = 0;

  constructor(tell?: OnProgress) {
    this.#tell = tell;
  }

  /** Adds runs that are still to be made; refinement does so as it goes. */
  expect(runs: number): void {
    this.#runs += runs;
  }

  progress(run: object, fraction: number): void {
    this.#fractions.set(run, fraction);
    this.#report();
  }

  done(run: object): void {
    this.#fractions.delete(run);
    this.#made++;
    this.#report();
  }

  /** Counts a run that was in the store: it does not say how long others take. */
  known(): void {
    this.#known++;
    this.#report();
  }

  /** Ends the reports. */
  close(): void {
    this.#tell = undefined;
  }

  #report(): void {
    const fraction = [...this.#fractions.values()].reduce((sum, part) => sum + part, 0);
    const worked = this.#made + fraction;
    const left = this.#runs - this.#known - worked;
    const seconds = (performance.now() - this.#start) / 1000;
    this.#tell?.({
      done: this.#known + worked,
      total: this.#runs,
      what: "run",
      secondsLeft: worked > 0 ? (seconds / worked) * left : null,
    });
  }
}
