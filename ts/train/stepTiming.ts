import type { Machine, Session } from "../backend/machine.js";
import { RunError } from "../errors/errors.js";
import { lower } from "../program/lower.js";
import type { Plan } from "../program/workspace.js";

/** A machine is timed over so many milliseconds at least. */
const MEASURED_MS = 30;
/** Steps that are asked for at a time, and numbers of input data that these may take. */
const STEPS = 32;
const INPUTS = 2 ** 22;

const known = new Map<string, Promise<number>>();

/** Seconds that a machine takes for one step of a plan: measured on the very program, once a process. */
export function secondsPerStep(machine: Machine, plan: Plan): Promise<number> {
  const { network, batch, momentum, inputType, ensemble } = plan;
  const { widths, activation, loss, noise } = network;
  const nodes = noise.map((group) => [group.layer, group.nodes]);
  const shape = [widths, activation, loss, nodes, batch, momentum > 0, inputType, ensemble?.length];
  const key = JSON.stringify([machine.name, machine.flavour, shape]);
  const found = known.get(key) ?? measured(machine, plan);
  known.set(key, found);
  found.catch(() => known.delete(key));
  return found;
}

/** Seconds that a step of one run takes where so many are trained at once; in halves, where there is no room for all. */
export async function secondsPerRunsStep(
  machine: Machine,
  plan: Plan,
  together: number,
): Promise<number> {
  if (together === 1) return secondsPerStep(machine, plan);
  const sigmas = plan.network.noise.map(({ sigma }) => sigma);
  const ensemble = Array.from({ length: together }, () => sigmas);
  try {
    return (await secondsPerStep(machine, { ...plan, ensemble })) / together;
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    return secondsPerRunsStep(machine, plan, Math.ceil(together / 2));
  }
}

async function measured(machine: Machine, plan: Plan): Promise<number> {
  // What a step costs does not depend on how many samples there are beyond those that it gathers.
  const { batch, network } = plan;
  const fitting = Math.floor(INPUTS / (batch * network.widths[0]));
  const steps = Math.max(1, Math.min(STEPS, fitting));
  const small = { ...plan, trainRows: steps * batch, testRows: 0, evaluateRows: batch };
  const session = await machine.open(lower(small).program);
  try {
    return await timed(session, steps);
  } finally {
    session.dispose();
  }
}

async function timed(session: Session, steps: number): Promise<number> {
  await session.run("step", 0, 1);
  // A GPU takes a few rounds to find out how much it can be asked for at a time; a slow machine is timed on one.
  for (let atOnce = 1, rounds = 1; ; ) {
    const start = performance.now();
    for (let k = 0; k < rounds; k++) await session.run("step", 0, atOnce);
    const elapsed = performance.now() - start;
    if (elapsed >= MEASURED_MS) return elapsed / 1000 / (atOnce * rounds);
    if (atOnce < steps) atOnce = Math.min(steps, 4 * atOnce);
    else rounds *= 2;
  }
}
