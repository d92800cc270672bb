import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cut, InputError, RunError, shown } from "../../ts/errors/errors.js";

describe("messages", () => {
  test.each([InputError.prototype, RunError.prototype])(
    "are one line whatever is in them",
    (kind) => {
      const message = "a\nb\r\u001b[31mc\u2028d\0e";
      const error =
        kind === InputError.prototype ? new InputError("f", message) : new RunError(message);
      expect(error.message).toBe("a b [31mc d e");
    },
  );

  test("a run error keeps its cause", () => {
    const cause = new Error("why");
    expect(new RunError("what", { cause }).cause).toBe(cause);
  });
});

describe("shown", () => {
  test.each([
    [1, "1"],
    [Number.NaN, "NaN"],
    [Number.NEGATIVE_INFINITY, "-Infinity"],
    [12n, "12"],
    ["a\nb", '"a\\nb"'],
    [null, "null"],
    [undefined, "undefined"],
    [true, "true"],
    [[1, [Number.NaN]], "[1,[NaN]]"],
    [{ a: { b: "c" } }, '{"a":{"b":"c"}}'],
    [Symbol("s"), "Symbol(s)"],
    [() => 1, "a function"],
    [new Float32Array(3), "a typed array"],
    [Object.create(null), "{}"],
  ])("shows %o as %s", (value, text) => {
    expect(shown(value)).toBe(text);
  });

  test("is short for what is huge, deep or goes in circles, of which it reads little", () => {
    let deep: unknown = 0;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    const circle: unknown[] = [];
    circle.push(circle, { circle });
    const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`key${i}`, i]));
    let reads = 0;
    const counted = (value: object): object =>
      new Proxy(value, {
        get: (target, key, self) => {
          reads++;
          const part = Reflect.get(target, key, self);
          return Array.isArray(part) ? counted(part) : part;
        },
      });
    for (const value of [deep, circle, wide, new Array(1e7).fill(0)]) {
      reads = 0;
      expect(shown(counted(value as object)).length).toBeLessThanOrEqual(80);
      expect(reads).toBeLessThan(1000);
    }
    expect(shown("x".repeat(1e7)).length).toBeLessThanOrEqual(80);
  });

  test("takes any value at all", () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withBigInt: true }), (value) => {
        expect(shown(value).length).toBeLessThanOrEqual(80);
      }),
    );
  });
});

test("cut leaves short texts alone and keeps the start of long ones", () => {
  expect(cut("abc")).toBe("abc");
  expect(cut("x".repeat(81))).toBe(`${"x".repeat(77)}...`);
});
