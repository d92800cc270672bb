import { summary } from "./statistics.mjs";

/** Seconds after which a contestant without an answer counts as hung. */
export const PATIENCE = 300;

/** The gauge's share of a slot. */
const GAUGE = 1 / 4;

/**
 * Times contestants in turns, A B C A B C ..., in many short rounds, so that other load on the machine affects all of them.
 * A contestant is `{ name, side, case, work }`; `work` is the work of one unit (operations, steps). If it has a `gauge`,
 * another contestant, that one runs just before it each time. A contestant that takes much longer than a slot sits out most
 * rounds.
 * @returns the contestants with `seconds`, the time of one unit in each round (NaN if it sat out); `gauged`, the same for
 * its gauge; and `failed`, the reason of a failure or null.
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

/** The number of units that fill a slot. Repeats until the number is stable, which also warms the contestant up. */
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

/** The measurements of each round: seconds of one unit (null if it sat out), and of one unit of its gauge. */
export function raw({ units, seconds, gauged, gauge }) {
  const short = (values) =>
    values.map((s) => (Number.isFinite(s) ? Number(s.toPrecision(4)) : null));
  return { units, seconds: short(seconds), ...(gauge && { gauged: short(gauged) }) };
}

/** Work per second: median and quartiles; null if it never ran. */
export function rate({ seconds, work = 1 }) {
  return summary(seconds.filter(Number.isFinite).map((s) => work / s));
}

/** Work per second divided by its gauge's, measured just before; null without a gauge. */
export function shareOfGauge({ seconds, gauged, gauge, work = 1 }) {
  if (!gauge) return null;
  const shares = seconds.map((s, round) => (work * gauged[round]) / (gauge.work * s));
  return summary(shares.filter(Number.isFinite));
}

/** Work per second of `a` divided by that of `b`, within each round; then median and quartiles. */
export function ratio(a, b) {
  const both = a.seconds.flatMap((s, round) => {
    const value = ((a.work ?? 1) * b.seconds[round]) / ((b.work ?? 1) * s);
    return Number.isFinite(value) ? [value] : [];
  });
  return summary(both);
}
