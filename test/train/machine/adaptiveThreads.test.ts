import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AdaptiveThreads, halves } from "../../../ts/train/machine/adaptiveThreads.js";

/** Seconds that a pass of a list takes on a number of threads, after so many seconds of work. */
type Host = (list: string, threads: number, at: number) => number;

/** A run whose calls take some 40 ms, as a trainer's do, and what its number of threads was. */
class Run {
  readonly control: AdaptiveThreads;
  seconds = 0;
  readonly used: { readonly at: number; readonly threads: number; readonly passes: number }[] = [];
  readonly #passes = new Map<string, number>();

  constructor(most: number, begin = most) {
    this.control = new AdaptiveThreads(most, begin);
  }

  call(host: Host, list = "step", limit = Number.POSITIVE_INFINITY): void {
    const passes = Math.min(limit, this.#passes.get(list) ?? 1);
    const threads = this.control.next(list);
    this.used.push({ at: this.seconds, threads, passes });
    const took = passes * host(list, threads, this.seconds);
    this.control.took(list, passes, took);
    this.seconds += took;
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

  /** Passes a second. */
  get pace(): number {
    return this.used.reduce((sum, { passes }) => sum + passes, 0) / this.seconds;
  }
}

/** Threads that share a step of half a millisecond on an idle machine. */
const idle: Host = (_, threads) => 0.0005 / (1 + 0.4 * Math.log2(threads));
/** The same beside other work: one thread is the fastest. */
const busy: Host = (_, threads) => 0.0007 * (1 + 2 * Math.log2(threads));

/** A host whose times change from call to call, by up to a factor of e to the power of `spread`. */
function noisy(host: Host, spread: number, seed: number): Host {
  let state = seed;
  return (...args) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return host(...args) * Math.exp(spread * (2 * (state / 2 ** 32) - 1));
  };
}

const seeds = Array.from({ length: 20 }, (_, seed) => seed);

describe("on a machine that stays as it is", () => {
  test.each([2, 4, 16])("trials cost less than 2 % where all of %s threads pay", (most) => {
    const run = new Run(most).until(300, idle);
    expect(run.pace * idle("step", most, 0)).toBeGreaterThan(0.98);
    // It did try fewer.
    expect(run.share(most)).toBeLessThan(1);
    expect(run.control.remark).toBeUndefined();
  });

  test("so they do where a step takes a second, and where others are far slower", () => {
    const hosts: Host[] = [(_, threads) => 1 / threads, (_, threads) => 0.001 / threads ** 3];
    for (const host of hosts) {
      const run = new Run(4).until(2000, host);
      expect(run.pace * host("step", 4, 0)).toBeGreaterThan(0.98);
      expect(run.share(2)).toBeGreaterThan(0);
    }
  });

  test("the number stays although the times of calls change", () => {
    for (const seed of seeds) {
      const run = new Run(2).until(300, noisy(idle, 0.2, seed));
      expect(run.share(2)).toBeGreaterThan(0.93);
      expect(run.control.remark).toBeUndefined();
    }
  });

  test("numbers that are about equally fast are not exchanged", () => {
    const run = new Run(8).until(300, () => 0.0005);
    expect(run.share(8)).toBeGreaterThan(0.93);
    expect(run.control.remark).toBeUndefined();
    // More threads that gain little are not taken again.
    const little: Host = (_, threads) => 0.0005 / (1 + 0.02 * threads);
    const fewer = new Run(4).until(20, busy).until(300, little);
    expect(fewer.share(1, 20)).toBeGreaterThan(0.93);
  });

  test("one thread is taken although several are only a little slower", () => {
    const run = new Run(2).until(60, (_, threads) => (threads === 1 ? 0.0005 : 0.00053));
    expect(run.share(1, 10)).toBeGreaterThan(0.93);
  });
});

describe("when other work comes and goes", () => {
  test("one thread goes on within a second, and two soon after", () => {
    for (const seed of seeds) {
      const [still, loaded] = [noisy(idle, 0.1, seed), noisy(busy, 0.1, seed)];
      const run = new Run(2).until(20, still).until(60, loaded);
      expect(run.share(1, 21)).toBeGreaterThan(0.93);
      run.until(100, still);
      expect(run.share(2, 61)).toBeGreaterThan(0.93);
      expect(run.control.remark).toMatch(
        /^the number of threads changed 2 times with the pace: 2 for \d\d %, 1 for \d\d % of the time$/,
      );
    }
  });

  test("one thread that now has a core for itself and now shares it counts by its mean", () => {
    for (const seed of seeds) {
      const turns = noisy(() => 1, 1, seed);
      const period = (at: number) => Math.floor(at / 0.4);
      const luck = Array.from({ length: 500 }, () => turns("", 0, 0) > 1);
      const mixed: Host = (_, threads, at) =>
        threads === 2 ? 0.0011 : luck[period(at)] ? 0.001 : 0.002;
      const run = new Run(2).until(10, idle).until(200, mixed);
      expect(run.share(2, 10)).toBeGreaterThan(0.6);
    }
  });

  test("a number in between is found, from either side", () => {
    const half: Host = (_, threads) =>
      ({ 8: 0.0009, 4: 0.0003, 2: 0.0004, 1: 0.0005 })[threads] ?? 1;
    const run = new Run(8).until(20, idle).until(60, half);
    expect(run.share(4, 22)).toBeGreaterThan(0.93);
    run.until(100, busy);
    expect(run.share(1, 62)).toBeGreaterThan(0.93);
    run.until(140, half);
    expect(run.share(4, 115)).toBeGreaterThan(0.93);
  });

  test("a run that began on one thread beside other work takes more when it left", () => {
    const run = new Run(4, 1).until(30, busy);
    expect(run.share(1)).toBeGreaterThan(0.93);
    run.until(90, idle);
    expect(run.share(4, 34)).toBeGreaterThan(0.93);
  });

  test("it is noticed within some seconds although the present number's pace stays the same", () => {
    const alone: Host = (_, threads) => (threads === 1 ? 0.0005 : 0.002);
    const run = new Run(2).until(20, alone);
    expect(run.share(1, 11)).toBeGreaterThan(0.93);
    run.until(60, idle);
    expect(run.share(2, 35)).toBeGreaterThan(0.93);
  });

  test("in a run that often evaluates, both lists tell", () => {
    const run = new Run(2);
    const both = (until: number, host: Host) => {
      while (run.seconds < until) {
        for (let i = 0; i < 4; i++) run.call(host);
        for (let i = 0; i < 2; i++) run.call((_, ...args) => 7 * host(_, ...args), "evaluate");
        run.call(host, "norms", 1);
      }
    };
    both(20, idle);
    expect(run.control.remark).toBeUndefined();
    both(60, busy);
    expect(run.share(1, 22)).toBeGreaterThan(0.93);
  });

  test("a machine that was suspended is tried as often as before", () => {
    const run = new Run(2).until(20, idle);
    // The trial that comes next, and nothing else, takes an hour.
    let slept = false;
    while (!slept) {
      run.call((list, threads, at) => {
        slept = threads === 1;
        return slept ? 3600 : idle(list, threads, at);
      });
    }
    const back = run.seconds;
    run.until(back + 120, idle);
    expect(run.share(1, back)).toBeGreaterThan(0.003);
    expect(run.share(2, back)).toBeGreaterThan(0.95);
  });
});

test("whatever the times are, the number is one that it may choose, and the remark has numbers", () => {
  const call = fc.record({
    list: fc.constantFrom("step", "step", "step", "evaluate"),
    passes: fc.integer({ min: 1, max: 100 }),
    seconds: fc.double({ min: 0, max: 0.3, noNaN: true }),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 128 }),
      fc.array(call, { maxLength: 300 }),
      (most, calls) => {
        const control = new AdaptiveThreads(most);
        for (const { list, passes, seconds } of calls) {
          expect(control.numbers).toContain(control.next(list));
          control.took(list, passes, seconds);
        }
        expect(control.remark ?? "").not.toMatch(/NaN|Infinity/);
      },
    ),
    { numRuns: 300, seed: 3 },
  );
});

test("halves of a number end with one", () => {
  expect([1, 2, 3, 6, 8].map(halves)).toEqual([[1], [2, 1], [3, 1], [6, 3, 1], [8, 4, 2, 1]]);
});
