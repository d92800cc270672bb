import type { ThreadControl } from "../../backend/threads/threadControl.js";

/** Seconds of calls that show a change of the pace, or a clear difference between two numbers. */
const BLOCK = 0.1;
/** Seconds of a trial without a clear difference: the host may take as long to move other work to another core. */
const TRIAL = 0.5;
/** A difference by this factor is clear. */
const CLEAR = 1.6;
/** Blocks of the present number that a trial is compared with. */
const RECENT = 5;
/** Seconds of calls from one trial to the next while the pace stays the same. */
const EVERY = 10;
/** A larger number is kept if it is faster by the first factor, a smaller one, which leaves a core to others, by the second. */
const GAIN = { more: 1.1, fewer: 1.03 };
/** A pace that changes by this factor is a reason for a trial at once. */
const CHANGE = 1.25;
/** The share of the time that trials may cost. */
const COST = 0.01;
/** Seconds by which trials may exceed their share when the pace changes. */
const AHEAD = 0.1;
/** A trial that takes longer than expected by more than this factor shows an accident: the host was suspended. */
const ACCIDENT = 10;

/** Calls one after the other, on one number of threads. */
class Block {
  seconds = 0;
  /** What the calls would have taken at the paces known before. */
  expected = 0;
  readonly #lists = new Map<string, { readonly passes: number; readonly seconds: number }>();

  /** @param blocks whose calls are in it. */
  constructor(blocks: readonly Block[] = []) {
    for (const block of blocks) {
      for (const [list, { passes, seconds }] of block.#lists) this.#count(list, passes, seconds);
      this.seconds += block.seconds;
      this.expected += block.expected;
    }
  }

  add(list: string, passes: number, seconds: number, pace: number): void {
    this.seconds += seconds;
    this.expected += passes * pace;
    this.#count(list, passes, seconds);
  }

  #count(list: string, passes: number, seconds: number): void {
    const sums = this.#lists.get(list) ?? { passes: 0, seconds: 0 };
    this.#lists.set(list, { passes: sums.passes + passes, seconds: sums.seconds + seconds });
  }

  /** How many times as long the calls took as expected. */
  get level(): number {
    return this.seconds > 0 ? this.seconds / this.expected : 1;
  }

  /** Seconds of a pass of each list. */
  get paces(): [string, number][] {
    return [...this.#lists]
      .filter(([, { seconds }]) => seconds > 0)
      .map(([list, { passes, seconds }]) => [list, seconds / passes]);
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
  #at: number;
  /** From there to the number that is tried next: 1 is to a smaller one. */
  #way: 1 | -1 = 1;
  #trying = false;
  /** Whether the next trial comes after this block. */
  #due = false;
  #block = new Block();
  /** The last blocks of the present number, since the pace changed or a trial ended. */
  #recent: Block[] = [];
  /** For each list, seconds of a pass on the present number when a trial last ended. */
  #paces = new Map<string, number>();
  #sinceTrial = 0;
  /** Seconds that trials have cost and that are not yet within their share. */
  #debt = 0;
  #changes = 0;
  readonly #spent: number[];

  /** @param begin the number to begin with, one of the halves of `most`. */
  constructor(most: number, begin = most) {
    this.numbers = halves(most);
    this.#at = this.numbers.indexOf(begin);
    this.#spent = this.numbers.map(() => 0);
  }

  next(list: string): number {
    return this.numbers[this.#running(list)];
  }

  took(list: string, passes: number, seconds: number): void {
    this.#spent[this.#running(list)] += seconds;
    this.#sinceTrial += seconds;
    this.#debt = Math.max(0, this.#debt - COST * seconds);
    const pace = this.#paces.get(list);
    if (pace === undefined) {
      if (seconds > 0) this.#paces.set(list, seconds / passes / this.#level);
      return;
    }
    this.#block.add(list, passes, seconds, pace);
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
    return `the number of threads changed ${times} with the pace: ${shares.join(", ")} of the time`;
  }

  /** The place of the number that runs a list. A list without a pace has nothing that a trial could be compared with. */
  #running(list: string): number {
    return this.#at + (this.#trying && this.#paces.has(list) ? this.#way : 0);
  }

  /** How many times as long calls take on the present number as when a trial last ended. */
  get #level(): number {
    return new Block(this.#recent).level;
  }

  /** Ends a block of the present number, and begins a trial if it is time for one. */
  #renew(block: Block): void {
    this.#recent = [...this.#recent.slice(1 - RECENT), block];
    this.#begin(false);
    const { level } = block;
    if (!this.#due && (level > CHANGE || level < 1 / CHANGE)) {
      // Fewer threads may gain if other work came, more of them if it left.
      const way = level > 1 ? 1 : -1;
      this.#due = this.#has(way);
      if (this.#due) this.#way = way;
      // The change was somewhere in this block. The next one shows the pace after it.
      this.#recent = this.#due ? [] : [block];
      if (!this.#due) this.#anchor();
      return;
    }
    const regular = this.#sinceTrial >= EVERY && this.#debt === 0;
    if (!regular && !(this.#due && this.#debt < AHEAD)) return;
    if (!this.#has(this.#way)) this.#turn();
    this.#due = false;
    this.#begin(true);
  }

  /** Ends a trial if it is clear or long enough, and keeps the number that was tried if it was faster. */
  #judge(block: Block): void {
    const expected = block.expected * this.#level;
    const clear = block.seconds * CLEAR < expected || expected * CLEAR < block.seconds;
    if (!clear && block.seconds < TRIAL) return;
    const gain = this.#way === 1 ? GAIN.fewer : GAIN.more;
    if (block.seconds * gain < expected) {
      this.#at += this.#way;
      this.#changes++;
      this.#paces = new Map(block.paces);
      this.#recent = [];
      // One more step of the same way may gain more.
      this.#due = this.#has(this.#way);
    } else {
      this.#debt += Math.max(0, Math.min(block.seconds, ACCIDENT * expected) - expected);
      this.#anchor();
      this.#turn();
    }
    this.#sinceTrial = 0;
    this.#begin(false);
  }

  /** Takes the recent paces for those of now; lists that were not run have changed like the others. */
  #anchor(): void {
    const { level, paces } = new Block(this.#recent);
    for (const [list, pace] of this.#paces) this.#paces.set(list, pace * level);
    for (const [list, pace] of paces) this.#paces.set(list, pace);
    this.#recent = [];
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
