import { expect, test } from "vitest";
import { CORRUPTION_NAMES } from "../../ts/robustness/corruptions/corruptions.js";
import { fullSettings } from "../../ts/robustness/settings.js";
import { summarise } from "../../ts/robustness/summarise.js";
import type { Task } from "../../ts/robustness/tasks.js";

/** The mean over corruptions at severity 3 of a network of one seed that is right about 80 of 100 images under each. */
function meanOver(names: readonly (typeof CORRUPTION_NAMES)[number][]) {
  const tasks = names.map((name): Task => ({ kind: "corruption", name, severity: 3 }));
  const measured = new Map(tasks.map((task) => [task, [{ correct: 80, samples: 100 }]]));
  const settings = fullSettings({ severities: [3] }, 100);
  return summarise({ name: "one", measured, doses: [null] }, null, settings).severities[0];
}

test("more corruptions of the same images make the interval of their mean no narrower", () => {
  const one = meanOver(CORRUPTION_NAMES.slice(0, 1));
  expect(one.accuracy).toBeCloseTo(0.8, 12);
  // Wilson's interval of 80 of 100.
  expect([one.low, one.high].map((x) => x.toFixed(3))).toEqual(["0.711", "0.867"]);
  const all = meanOver(CORRUPTION_NAMES);
  expect([all.low, all.high].map((x) => x.toFixed(3))).toEqual(["0.711", "0.867"]);
  expect(all.error).toBeCloseTo(0.04, 12);
});
