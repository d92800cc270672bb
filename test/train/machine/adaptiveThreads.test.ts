import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AdaptiveThreads, halves } from "../../../ts/train/machine/adaptiveThreads.js";

/** Seconds that a pass of a list takes on a number of threads, after so many seconds of work. */
type Host = (list: string, threads: number, at: number) => number;

/** A run whose calls take some 40 ms, as the trainer's do, and what its number of threads did. */
class Run {
  readonly control: AdaptiveThreads;
  seconds = 0;
  /** Seconds that its calls would have taken on the fastest number. */
  best = 0;
  readonly used: { at: number; threads: number }[] = [];
  #passes = new Map<string, number>();

  constructor(most: number) {
    this.control = new AdaptiveThreads(most);
  }

  call(host: Host, list = "step"): void {
    const passes = this.#passes.get(list) ?? 1;
    const threads = this.control.next(list);
    this.used.push({ at: this.seconds, threads });
    const took = passes * host(list, threads, this.seconds);
    const times = this.control.numbers.map((number) => host(list, number, this.seconds));
    this.control.took(list, passes, took);
    this.seconds += took;
    this.best += passes * Math.min(...times);
    this.#passes.set(list, Math.max(1, Math.round(passes * Math.min(4, 0.04 / took))));
  }

  until(seconds: number, host: Host): this {
    while (this.seconds < seconds) this.call(host);
    return this;
  }

  /** The share of the time since `from` in which so many threads made the calls. */
  share(threads: number, from = 0): number {
    let of = 0;
    this.used.forEach((one, i) => {
      const end = this.used[i + 1]?.at ?? this.seconds;
      if (one.threads === threads && one.at >= from) of += end - one.at;
    });
    return of / (this.seconds - from);
  }
}

/** Threads that share a step of half a millisecond as they did at h = 64 on an idle machine. */
const idle: Host = (_, threads) => 0.0005 / (1 + 0.4 * Math.log2(threads));
/** Two threads beside two busy loops: a third of what one makes there. */
const busy: Host = (_, threads) => (0.0005 * 1.5) / [0, 1, 0.34, 0, 0.2][threads];
/** A host whose times change from call to call, by a factor that has no memory. */
function noisy(host: Host, spread: number, seed: number): Host {
  let state = seed;
  return (...args) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return host(...args) * Math.exp(spread * (2 * (state / 2 ** 32) - 1));
  };
}

describe("the number of threads of a run", () => {
  test.each([2, 4, 16])("costs less than 2 %% where all %i pay", (most) => {
    const run = new Run(most).until(300, idle);
    expect(run.best / run.seconds).toBeGreaterThan(0.98);
    expect(run.share(most)).toBeGreaterThan(0.95);
    expect(run.control.remark).toBeUndefined();
    // It did try others.
    expect(run.share(most)).toBeLessThan(1);
  });

  test("costs less than 2 % where every step takes a second", () => {
    const run = new Run(2).until(3000, (_, threads) => 1 / threads);
    expect(run.best / run.seconds).toBeGreaterThan(0.98);
  });

  test("is one within a second after other work came, and two again soon after it left", () => {
    const run = new Run(2).until(20, idle).until(60, busy);
    expect(run.share(1, 21)).toBeGreaterThan(0.97);
    run.until(100, idle);
    expect(run.share(2, 62)).toBeGreaterThan(0.97);
    expect(run.control.remark).toMatch(
      /^their number changed twice, because other work came or went: 2 for \d+ % of the time, 1 for \d+ %/,
    );
  });
});

test("halves end with one", () => {
  expect([1, 2, 3, 6, 8].map(halves)).toEqual([[1], [2, 1], [3, 1], [6, 3, 1], [8, 4, 2, 1]]);
  void fc;
  void noisy;
});
