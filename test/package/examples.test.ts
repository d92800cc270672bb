import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);

test("the four phases, one after another", async () => {
  const { stdout } = await run(process.execPath, ["examples/four-phases.mjs"]);
  const phases = [...stdout.matchAll(/^sigma [\d.]+: (\w+)/gm)].map(([, phase]) => phase);
  expect(phases).toEqual(["decoupled", "decay", "catapult", "divergent"]);
});

test("the linear model's catapult begins where it is predicted", async () => {
  const { stdout } = await run(process.execPath, ["examples/linear-boundaries.mjs"]);
  const pairs = [...stdout.matchAll(/from sigma ([\d.]+), predicted ([\d.]+)/g)];
  expect(pairs).toHaveLength(3);
  // Neighbouring values of sigma are 7 % apart.
  for (const [, measured, predicted] of pairs) {
    expect(Math.abs(Math.log(Number(measured) / Number(predicted)))).toBeLessThan(0.07);
  }
});
