import type { ThreadControl } from "../../backend/threads/threadControl.js";

/** Seconds of calls that are compared with as many others. */
const BLOCK = 0.1;
/** Seconds of calls from one trial to the next while the pace stays the same. */
const EVERY = 5;
/** Another number is kept if it is faster by this factor. */
const GAIN = 1.1;
/** A pace that changes by this factor from one block to the next is a reason for a trial at once. */
const CHANGE = 1.25;
/** The share of the time that trials may cost. */
const COST = 0.01;
/** Seconds by which trials may exceed their share when the pace changes. */
const AHEAD = 0.1;

/** Calls one after the other, of one number of threads. */
class Block {
  seconds = 0;
  /** Seconds of those calls whose lists had a pace before. */
  compared = 0;
  /** What these calls would have taken at that pace. */
  expected = 0;
  readonly #lists = new Map<string, { passes: number; seconds: number }>();

  add(list: string, passes: number, seconds: number, pace: number | undefined): void {
    this.seconds += seconds;
    if (pace !== undefined) {
      this.compared += seconds;
      this.expected += passes * pace;
    }
    const sums = this.#lists.get(list) ?? { passes: 0, seconds: 0 };
    this.#lists.set(list, {
      passes: sums.passes + passes,
      seconds: sums.seconds + seconds,
    });
  }

  /** Seconds of a pass of each list. */
  paces(): Map<string, number> {
    return new Map([...this.#lists].map(([list, { passes, seconds }]) => [list, seconds / passes]));
  }
}

/**
 * Goes on measuring which number of threads is the fastest, because other processes come and go. It compares the present
 * number with the next smaller and the next larger one in turns, for a block of calls each. Every number gives the same bits.
 * It reads no clock: it goes by the durations that it hears.
 */
export class AdaptiveThreads implements ThreadControl {
  /** From the largest to one. */
  readonly numbers: readonly number[];
  /** The present number's place among them. */
  #at = 0;
  /** From there to the number that is tried next: 1 is to a smaller one. */
  #way: 1 | -1 = 1;
  #trying = false;
  /** Whether the next trial comes after this block. */
  #due = false;
  #block = new Block();
  /** Seconds of a pass on the present number of threads, for each list of the last block. */
  #paces = new Map<string, number>();
  #sinceTrial = 0;
  /** Seconds that trials have cost and that are not yet within their share. */
  #debt = 0;
  #changes = 0;
  readonly #spent: number[];

  constructor(most: number) {
    this.numbers = halves(most);
    this.#spent = this.numbers.map(() => 0);
  }

  next(list: string): number {
    // A list that was not in the last block has no pace to compare with: the trial waits.
    if (this.#trying && !this.#paces.has(list)) {
      this.#begin(false);
      this.#due = true;
    }
    return this.numbers[this.#running];
  }

  took(list: string, passes: number, seconds: number): void {
    this.#spent[this.#running] += seconds;
    this.#sinceTrial += seconds;
    this.#debt = Math.max(0, this.#debt - COST * seconds);
    this.#block.add(list, passes, seconds, this.#paces.get(list));
    if (this.#block.seconds < BLOCK) return;
    if (this.#trying) this.#judge(this.#block);
    else this.#renew(this.#block);
  }

  get remark(): string | undefined {
    if (this.#changes === 0) return undefined;
    const all = this.#spent.reduce((sum, seconds) => sum + seconds, 0);
    const shares = this.numbers.map(
      (number, i) => `${number} for ${Math.round((100 * this.#spent[i]) / all)} %`,
    );
    const times = this.#changes === 1 ? "once" : `${this.#changes} times`;
    return `their number changed ${times} with the pace: ${shares.join(", ")} of the time`;
  }

  /** The place of the number that makes the calls. */
  get #running(): number {
    return this.#at + (this.#trying ? this.#way : 0);
  }

  /** Takes a block's paces as the present ones, and begins a trial if it is time for one. */
  #renew(block: Block): void {
    const change = block.compared / block.expected;
    this.#paces = block.paces();
    this.#begin(false);
    if (!this.#due && (change > CHANGE || change < 1 / CHANGE)) {
      // Fewer threads may gain if other work came, more of them if it left.
      const way = change > 1 ? 1 : -1;
      if (!this.#has(way)) return;
      this.#way = way;
      // The change was somewhere in this block. The next one shows the pace after it.
      this.#due = true;
      return;
    }
    const regular = this.#sinceTrial >= EVERY && this.#debt === 0;
    if (!regular && !(this.#due && this.#debt < AHEAD)) return;
    if (!this.#has(this.#way)) this.#turn();
    this.#due = false;
    this.#begin(true);
  }

  /** Keeps the number that was tried, if it was faster. */
  #judge(block: Block): void {
    this.#sinceTrial = 0;
    if (block.compared * GAIN < block.expected) {
      this.#at += this.#way;
      this.#changes++;
      this.#paces = block.paces();
      // One more step of the same way may gain more.
      this.#due = this.#has(this.#way);
    } else {
      this.#debt += Math.max(0, block.compared - block.expected);
      this.#turn();
    }
    this.#begin(false);
  }

  #begin(trial: boolean): void {
    this.#trying = trial;
    this.#block = new Block();
  }

  #has(way: 1 | -1): boolean {
    return this.numbers[this.#at + way] !== undefined;
  }

  #turn(): void {
    this.#way = this.#way === 1 ? -1 : 1;
  }
}

/** A number, its half, a quarter, and so on to one. */
export function halves(most: number): number[] {
  return most > 1 ? [most, ...halves(Math.floor(most / 2))] : [1];
}
