import { expect, test } from "vitest";
import { rowsNow } from "../../lab/maths/rowsNow.js";

test("a run's columns are at their last values, and it is at the latest of them", () => {
  expect(
    rowsNow(
      [
        [3, 2, null],
        [5, null, null],
        [null, null, null],
      ],
      3,
    ),
  ).toEqual([1, 1, 0, null]);
});

test("another run is where it was at the run's step, though it went on", () => {
  expect(
    rowsNow(
      [
        [3, 2, null, null],
        [9, null, 8, 7],
      ],
      1,
    ),
  ).toEqual([1, 1, 0]);
});

test("a line that ends before the run's step tells nothing", () => {
  expect(
    rowsNow(
      [
        [3, 2, 1],
        [4, 9, null],
      ],
      1,
    ),
  ).toEqual([2, 2, null]);
});

test("nothing is told before there is anything", () => {
  expect(rowsNow([[], []], 1)).toEqual([null, null, null]);
});
