export interface SweepProgress {
  /** Runs finished, and runs known of so far: refinement adds to them. */
  readonly run: number;
  readonly runs: number;
  /** Parts of the present runs that are done, together: with several workers it may exceed 1. */
  readonly fraction: number;
  /** An estimate from the runs made so far; null before there is anything to go by. */
  readonly secondsLeft: number | null;
}

/** Keeps count of a sweep's runs. */
export class Tally {
  #tell: ((progress: SweepProgress) => void) | undefined;
  readonly #fractions = new Map<object, number>();
  readonly #start = performance.now();
  #runs = 0;
  #made = 0;
  #known = 0;

  constructor(tell?: (progress: SweepProgress) => void) {
    this.#tell = tell;
  }

  /** So many runs more are to come. */
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

  /** A run that had been made before: it says nothing about how long others take. */
  known(): void {
    this.#known++;
    this.#report();
  }

  /** Nobody is told any more. */
  close(): void {
    this.#tell = undefined;
  }

  #report(): void {
    const fraction = [...this.#fractions.values()].reduce((sum, part) => sum + part, 0);
    const worked = this.#made + fraction;
    const left = this.#runs - this.#known - worked;
    const seconds = (performance.now() - this.#start) / 1000;
    this.#tell?.({
      run: this.#made + this.#known,
      runs: this.#runs,
      fraction,
      secondsLeft: worked > 0 ? (seconds / worked) * left : null,
    });
  }
}
