import { createInterface } from "node:readline";

/**
 * The contestant's end of the protocol of `side.mjs`. `cases` are functions by name: each takes a number of units and makes
 * them; it may return their time in seconds, if its own clock is better than the one here.
 * `losses` takes a number of steps and returns a list of numbers.
 */
export async function serve({ ready, cases, losses }) {
  const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
  say({ ready });
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    try {
      if (request.losses) say({ losses: await losses(request.losses) });
      else say({ seconds: await timed(cases[request.case], request.run) });
    } catch (error) {
      say({ error: error.message });
    }
  }
  process.exit(0);
}

/** A case that reports the time of the processor, its threads together: other load on the machine hardly changes it. */
export function onProcessor(run) {
  return async (units) => {
    const before = process.cpuUsage();
    await run(units);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  };
}

async function timed(run, units) {
  const start = performance.now();
  const own = await run(units);
  return own ?? (performance.now() - start) / 1000;
}
