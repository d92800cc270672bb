import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { summary } from "../lib/statistics.mjs";
import { Training } from "../ours/training.mjs";
import { experimentOf } from "./steps.mjs";

/** Seconds of a turn. */
const TURN = 0.5;
/** Seconds that each side trains after the busy loops have come or gone, before it is measured. */
const SETTLE = 3;

/**
 * Training steps on one thread, on several, and on the number that `auto` chooses, in turns, beside each of some numbers of
 * busy loops of other processes. All sides begin while there are none.
 */
export async function besideLoops(h, { kernels, threads, rounds, loops }) {
  const sides = [];
  for (const asked of [1, threads, "auto"]) {
    const training = await Training.begin(experimentOf(h), { kernels, threads: asked });
    sides.push({ asked, training, steps: await stepsOf(training, TURN) });
  }
  for (const count of loops) {
    console.log(`h ${h} beside ${count} busy loops:`);
    const busy = Array.from({ length: count }, () => spawn("sh", ["-c", "while :; do :; done"]));
    try {
      await sleep(500);
      for (const side of sides) {
        side.turns = [];
        for (let seconds = 0; seconds < SETTLE; ) seconds += await side.training.run(side.steps);
        side.steps = await stepsOf(side.training, TURN);
      }
      for (let round = 0; round < rounds; round++) {
        for (const side of sides)
          side.turns.push(side.steps / (await side.training.run(side.steps)));
      }
    } finally {
      for (const loop of busy) loop.kill("SIGKILL");
    }
    const [one] = sides;
    for (const { asked, turns, steps } of sides) {
      const { q1, median, q3 } = summary(turns.map((rate, i) => rate / one.turns[i]));
      const seconds = turns.reduce((sum, rate) => sum + steps / rate, 0);
      const rate = (steps * turns.length) / seconds;
      console.log(
        `  threads ${asked}: ${rate.toFixed(1)} steps/s, ${median.toFixed(2)} (${q1.toFixed(2)} to ${q3.toFixed(2)}) of one`,
      );
    }
  }
  const { backend } = await sides[2].training.end();
  console.log(`  auto: ${backend.why}`);
  for (const { training } of sides.slice(0, 2)) await training.end();
}

/** The number of steps that take so many seconds. */
async function stepsOf(training, seconds) {
  let steps = 1;
  let took = await training.run(steps);
  while (took < seconds / 4) {
    steps *= 2;
    took = await training.run(steps);
  }
  return Math.max(1, Math.round((steps * seconds) / took));
}
