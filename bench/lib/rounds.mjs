import { summary } from "./statistics.mjs";

/** Seconds that a side may take for one answer before it counts as hung. */
export const PATIENCE = 300;

/** Of a slot: what a gauge takes. */
const GAUGE = 1 / 4;

/**
 * Times contestants in turns, A B C A B C ..., in many short rounds, so that whatever the machine does besides falls
 * on all of them. A contestant is `{ name, side, case, work }`: `work` is what one unit does (operations, steps).
 * One with a `gauge`, which is another contestant, has that run just before it each time.
 * Those that take much longer than a slot sit out most rounds.
 * @returns the contestants with `seconds`, those of one unit in each round, NaN where it sat out; `gauged`, the same
 * of its gauge; and `failed`, null or why.
 */
export async function measure(contestants, { rounds, slot, turns }) {
  const field = [];
  for (const contestant of contestants) {
    const never = () => new Array(rounds).fill(Number.NaN);
    const entry = {
      ...contestant,
      seconds: never(),
      gauged: never(),
      failed: contestant.failed ?? null,
    };
    field.push(entry);
    if (entry.failed) continue;
    await attempt(entry, async () => {
      const { gauge } = entry;
      if (gauge) gauge.units ??= await unitsOf(gauge, GAUGE * slot);
      entry.units = await unitsOf(entry, slot);
      const takes = entry.units * (await once(entry, entry.units));
      const share = Math.max(turns, Math.min(rounds, Math.floor((3 * slot * rounds) / takes)));
      entry.every = rounds / Math.min(share, rounds);
    });
  }
  for (let round = 0; round < rounds; round++) {
    for (const entry of field) {
      if (entry.failed || Math.floor(round % entry.every) !== 0) continue;
      await attempt(entry, async () => {
        const { gauge } = entry;
        if (gauge) entry.gauged[round] = await once(gauge, gauge.units);
        entry.seconds[round] = await once(entry, entry.units);
      });
    }
  }
  return field;
}

/** Units that fill a slot. Asked until the answer holds, which also warms the side up. */
async function unitsOf(entry, slot) {
  for (let units = 1; ; ) {
    const seconds = units * (await once(entry, units));
    const wanted = Math.max(1, Math.round(units * Math.min(8, slot / seconds)));
    if (wanted < 2 * units) return wanted;
    units = wanted;
  }
}

async function once({ side, case: name }, units) {
  const { seconds } = await side.request({ run: units, case: name }, PATIENCE);
  return seconds / units;
}

async function attempt(entry, work) {
  try {
    await work();
  } catch (error) {
    entry.failed = error.message;
  }
}

/** What was measured, round by round: seconds of one unit, null where it sat out, and of one of its gauge's. */
export function raw({ units, seconds, gauged, gauge }) {
  const short = (values) =>
    values.map((s) => (Number.isFinite(s) ? Number(s.toPrecision(4)) : null));
  return { units, seconds: short(seconds), ...(gauge && { gauged: short(gauged) }) };
}

/** Work a second: median and quartiles; null if it never ran. */
export function rate({ seconds, work = 1 }) {
  return summary(seconds.filter(Number.isFinite).map((s) => work / s));
}

/** Work a second as a share of its gauge's, each taken just after the other; null without a gauge. */
export function shareOfGauge({ seconds, gauged, gauge, work = 1 }) {
  if (!gauge) return null;
  const shares = seconds.map((s, round) => (work * gauged[round]) / (gauge.work * s));
  return summary(shares.filter(Number.isFinite));
}

/** How many times as much work a second `a` does as `b`: formed within each round, then median and quartiles. */
export function ratio(a, b) {
  const both = a.seconds.flatMap((s, round) => {
    const value = ((a.work ?? 1) * b.seconds[round]) / ((b.work ?? 1) * s);
    return Number.isFinite(value) ? [value] : [];
  });
  return summary(both);
}
