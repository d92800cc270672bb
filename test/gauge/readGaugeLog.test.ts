import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "../../ts/errors/errors.js";
import type { GaugeLog } from "../../ts/gauge/gaugeLog.js";
import { JsonLog } from "../../ts/gauge/jsonLog.js";
import { readGaugeLog } from "../../ts/gauge/readGaugeLog.js";
import { npy, npz } from "../data/files.js";
import { arraysOf, bytesOf, jsonlOf, type Logged, linesOf, logged, META, npzOf } from "./logs.js";

/** The error that a log is refused with; null if it is read. */
function refusal(bytes: Uint8Array): InputError | null {
  try {
    const { records } = readGaugeLog(bytes, "log");
    expect(records.length).toBeGreaterThan(0);
    return null;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    expect(error.message).toMatch(/^log[^\p{Cc}]+$/u);
    return error;
  }
}

const whole = logged(6);
const dot = (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + x * b[i], 0);

/** What the theory says of a step, straight from its arrays. */
function expectedOf({ step, loss, niw, gradient, noiseSquare }: Logged, i: number) {
  const [w, g] = [niw[i], gradient[i]];
  const across = g.map((x, k) => x - (dot(w, g) / dot(w, w)) * w[k]);
  return {
    ...{ step: step[i], loss: loss[i] },
    norm: Math.hypot(...w),
    memory: dot(w, niw[0]) / dot(niw[0], niw[0]),
    reading: dot(w, g) / ((noiseSquare?.[i] ?? META.sigma ** 2) * dot(w, w)),
    kick: META.learningRate * Math.hypot(...across),
  };
}

function expectToHold({ nodes, records }: GaugeLog, log: Logged) {
  expect(nodes).toEqual(META);
  expect(records).toHaveLength(log.step.length);
  for (const [i, record] of records.entries()) {
    for (const [name, value] of Object.entries(expectedOf(log, i))) {
      expect(record[name as keyof typeof record], name).toBeCloseTo(value, 12);
    }
    expect(record.readingError).toBeNaN();
    expect(record.antithetic).toBeNaN();
  }
}

describe("an .npz log", () => {
  test.each(["<f4", "<f8", ">f4"])("of %s holds what the arrays say", (dtype) => {
    expectToHold(readGaugeLog(npzOf(whole, dtype)), whole);
  });

  test("without noiseSquare takes sigma's square", () => {
    const { noiseSquare, ...rest } = whole;
    expectToHold(readGaugeLog(npzOf(rest)), rest);
  });

  test("may hold half precision", () => {
    // 1 and -2 in binary16.
    const [one, two] = [0x3c00, 0xc000];
    const bits = Array.from({ length: 12 }, (_, k) => (k % 2 ? one : two));
    const half = (values: number[]) => {
      const bytes = npy([2, 3, 2], values, { dtype: "<u2" });
      bytes.set(bytesOf("f"), Buffer.from(bytes).indexOf("u2"));
      return bytes;
    };
    const arrays = arraysOf(logged(2));
    const file = npz({ ...arrays, niw: half(bits), gradient: half(bits) });
    const { records } = readGaugeLog(file);
    expect(records[1].norm).toBeCloseTo(Math.sqrt(15), 12);
  });

  const cases: [string, (arrays: Record<string, Uint8Array>) => void, RegExp][] = [
    ["no gradient", (a) => delete a.gradient, /array gradient is missing: takes .* found meta, st/],
    ["no meta", (a) => delete a.meta, /array meta is missing/],
    [
      "fewer losses",
      (a) => (a.loss = npy([5], [1, 1, 1, 1, 1])),
      /loss: its shape is \(5\): takes \(6\)/,
    ],
    [
      "another width",
      (a) => (a.niw = npy([6, 2, 2], Array(24).fill(1))),
      /niw: .*\(6, 2, 2\): takes \(6, 3, 2\)/,
    ],
    [
      "integers as weights",
      (a) => (a.niw = npy([6, 3, 2], Array(36).fill(1), { dtype: "<i4" })),
      /niw: its type is i4/,
    ],
    [
      "steps that repeat",
      (a) => (a.step = npy([6], [0, 1, 2, 2, 3, 4])),
      /row 3: step is 2, after 2: takes steps that inc/,
    ],
    [
      "steps that go back",
      (a) => (a.step = npy([6], [5, 1, 2, 3, 4, 6])),
      /row 1: step is 1, after 5/,
    ],
    [
      "half a step",
      (a) => (a.step = npy([6], [0, 0.5, 2, 3, 4, 5])),
      /step is 0.5: takes an integer/,
    ],
    [
      "noise of 0",
      (a) => (a.noiseSquare = npy([6], [1, 1, 0, 1, 1, 1])),
      /row 2: noiseSquare is 0/,
    ],
    [
      "no bytes in meta",
      (a) => (a.meta = npy([2], [1, 2])),
      /meta: its type is f4: takes the bytes/,
    ],
    ["no JSON in meta", (a) => (a.meta = npy([2], [65, 66], { dtype: "|u1" })), /meta: not JSON/],
    ["no steps", (a) => Object.assign(a, arraysOf(logged(0))), /it has no steps/],
  ];
  test.each(cases)("with %s is refused in one line", (_, change, message) => {
    const arrays = arraysOf(whole);
    change(arrays);
    expect(refusal(npz(arrays))?.message).toMatch(message);
  });

  test.each([
    [{ sigma: 0 }, "sigma", /sigma is 0: takes a number above 0/],
    [{ sigma: "big" }, "sigma", /sigma is "big": takes a number/],
    [{ width: undefined }, "width", /width is missing: takes an integer of at least 1/],
    [{ nodes: 2.5 }, "nodes", /nodes is 2.5/],
    [{ learningRate: -1 }, "learningRate", /learningRate is -1/],
  ])("whose meta has %j is refused by the field's name", (wrong, field, message) => {
    const found = refusal(npzOf({ ...whole, meta: { ...META, ...wrong } }));
    expect(found?.message).toMatch(message);
    expect(found?.field).toBe(field);
  });

  test("cut short anywhere is refused in one line", () => {
    const file = npzOf(logged(3));
    fc.assert(
      fc.property(fc.nat(file.length - 1), (length) => {
        expect(refusal(file.subarray(0, length))).not.toBe(null);
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  test("with any byte altered is refused in one line or read", () => {
    const file = npzOf(logged(3));
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.nat(255), (at, byte) => {
        const altered = file.slice();
        altered[at] = byte;
        refusal(altered);
      }),
      { numRuns: 500, seed: 2 },
    );
  });
});

describe("a log of JSON lines", () => {
  const text = jsonlOf(linesOf(whole));

  test("holds what the same log as .npz holds", () => {
    expectToHold(readGaugeLog(bytesOf(text)), whole);
  });

  test("takes errors of readings, learning rates of layers, and steps without a loss", () => {
    const [head, ...lines] = linesOf(whole);
    const told = lines.map((line, i) => ({
      ...line,
      loss: i % 2 ? null : undefined,
      error: i ? 0.5 : undefined,
    }));
    const { nodes, records } = readGaugeLog(
      bytesOf(jsonlOf([{ ...head, trainingRate: 1 }, ...told])),
    );
    expect(nodes.trainingRate).toBe(1);
    expect(records.every(({ loss }) => Number.isNaN(loss))).toBe(true);
    expect(records.map(({ readingError }) => readingError)).toEqual([
      Number.NaN,
      0.5,
      0.5,
      0.5,
      0.5,
      0.5,
    ]);
  });

  test("grows: pieces of any length give what the whole gives", () => {
    const bytes = bytesOf(text);
    const expected = readGaugeLog(bytes);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 200 })), (lengths) => {
        const log = new JsonLog("log");
        let at = 0;
        for (const length of [...lengths, bytes.length]) {
          log.push(bytes.subarray(at, at + length));
          at += length;
        }
        expect(log.log()).toEqual(expected);
      }),
      { numRuns: 100, seed: 3 },
    );
  });

  test("cut short anywhere holds its whole lines, or is refused if it has no step", () => {
    fc.assert(
      fc.property(fc.nat(text.length), (length) => {
        const lines = text.slice(0, length).split("\n").length - 1;
        const found = refusal(bytesOf(text.slice(0, length)));
        expect(found === null).toBe(lines >= 2);
        if (!found) {
          expect(readGaugeLog(bytesOf(text.slice(0, length))).records).toHaveLength(lines - 1);
        }
      }),
      { numRuns: 300, seed: 4 },
    );
  });

  test("with any characters altered is refused in one line or read", () => {
    const some = fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.constantFrom("null", "NaN", "1e999", "-1", "{", "}", "\n", "0"),
    );
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(12), some, (at, removed, put) => {
        refusal(bytesOf(text.slice(0, at) + put + text.slice(at + removed)));
      }),
      { numRuns: 1000, seed: 5 },
    );
  });

  const [head, first, second] = linesOf(whole);
  test.each([
    ["another first line", [first, second], /line 1: ninscope is missing: takes "gauge"/],
    [
      "another program's log",
      [{ ...head, ninscope: "x" }],
      /line 1: ninscope is "x": takes "gauge"/,
    ],
    [
      "no norm",
      [head, { ...first, norm: undefined }],
      /line 2: norm is missing: takes a number of at least 0, or null/,
    ],
    [
      "text as product",
      [head, { ...first, product: "1" }],
      /line 2: product is "1": takes a number/,
    ],
    ["a step that repeats", [head, first, first], /line 3: step is 0, after 0/],
    ["a list", [head, []], /line 2: .*takes an object|line 2: step is missing/],
    [
      "the gradient's square",
      [head, { ...first, gradient: 1e-3 }],
      /line 2: product is .* norm times gradient only .*: takes <W, dL\/dW>/,
    ],
    [
      "weights that start at 0",
      [head, { ...first, norm: 0, product: 0 }],
      /line 2: norm is 0 at the first step: .* start them at random/,
    ],
  ])("with %s is refused by its line", (_, lines, message) => {
    expect(refusal(bytesOf(jsonlOf(lines)))?.message).toMatch(message);
  });

  test("with a broken line in its middle is refused by its number", () => {
    const broken = `${jsonlOf([head, first])}{"step": 2, "no\n${jsonlOf([second])}`;
    expect(refusal(bytesOf(broken))?.message).toMatch(
      /^log, line 3: .*takes a JSON object in one line$/,
    );
    const python = `${jsonlOf([head])}{"step": 2, "loss": NaN}\n`;
    expect(refusal(bytesOf(python))?.message).toMatch(/numbers that are not finite are null$/);
  });

  test.each([
    ["nothing", ""],
    ["a text", "step,loss\n0,1\n"],
    ["an image", "\u0000\u0001\n"],
  ])("that is %s is refused", (_, content) => {
    expect(refusal(bytesOf(content))?.message).toMatch(/takes/);
  });
});

describe("noise of another size than sigma says", () => {
  const many = logged(30);
  const louder = (factor: number, log = many): Logged => ({
    ...log,
    noiseSquare: log.noiseSquare?.map((square) => factor * square),
  });

  test("is refused beyond a factor 2, with both numbers", () => {
    expect(refusal(npzOf(louder(1.8)))).toBe(null);
    const found = refusal(npzOf(louder(4)));
    expect(found?.field).toBe("noiseSquare");
    expect(found?.message).toMatch(
      /noiseSquare is 1\.\d+ on average, and sigma is 0\.5, whose square is 0\.25/,
    );
    expect(refusal(npzOf(louder(0.3)))?.field).toBe("noiseSquare");
  });

  test("is not judged by a handful of draws", () => {
    expect(refusal(npzOf(louder(4, logged(3))))).toBe(null);
  });
});

describe("a run that diverged", () => {
  const row = (value: number) => Array(6).fill(value);
  const end = (log: Logged, from: number): Logged => ({
    ...log,
    niw: log.niw.map((own, i) => (i > from ? row(Number.NaN) : own)),
    gradient: log.gradient.map((own, i) => (i >= from ? row(Number.POSITIVE_INFINITY) : own)),
  });
  const asLines = (log: Logged) =>
    // JSON writes numbers that are not finite as null.
    bytesOf(jsonlOf(linesOf(log)));

  test.each([
    ["npz", npzOf],
    ["JSON lines", asLines],
  ])("ends with an infinite loss at the first step that is not finite (%s)", (_, bytes) => {
    const { records } = readGaugeLog(bytes(end(whole, 3)));
    expect(records.map(({ step }) => step)).toEqual([0, 2, 4, 6]);
    expect(records.map(({ loss }) => Number.isFinite(loss))).toEqual([true, true, true, false]);
    expect(records[3].loss).toBe(Number.POSITIVE_INFINITY);
    expect(records[3].norm).toBeNaN();
  });

  test.each([
    ["npz", npzOf],
    ["JSON lines", asLines],
  ])("and came back is refused, and so is one without a finite step (%s)", (_, bytes) => {
    const hole = {
      ...whole,
      gradient: whole.gradient.map((g, i) => (i === 2 ? row(Number.NaN) : g)),
    };
    expect(refusal(bytes(hole))?.message).toMatch(
      /step 6 is finite, but that at log, (row 2|line 4) is not/,
    );
    expect(refusal(bytes(end(whole, 0)))?.message).toMatch(/step 0, the first one, is not finite/);
  });
});
