import type { Machine, Session } from "../../backend/machine.js";
import { RunError } from "../../errors/errors.js";
import { isScheduled } from "../../experiment/constantNoise.js";
import { lowerPlan } from "../../program/lowerPlan.js";
import type { Plan } from "../../program/workspace.js";

/** Smallest time over which a machine is timed. */
const MEASURED_MS = 30;
/**
 * A GPU is timed over and over for so long, and the fastest time counts. An idle GPU runs at a low clock, and raises it only
 * after a while of work (docs/gpu.md).
 */
const GPU_MS = 500;
/** Number of steps in one call, and the largest number of input values that they may gather. */
const STEPS = 128;
const INPUTS = 2 ** 24;

const known = new Map<string, Promise<number>>();

/**
 * Seconds that a machine takes for one step of a plan, measured on its own program, once per process.
 * @param least milliseconds for which the measurement is repeated at least; the fastest time counts.
 */
export function secondsPerStep(
  machine: Machine,
  plan: Plan,
  least = "gpu" in machine ? GPU_MS : 0,
): Promise<number> {
  const { network, batch, momentum, inputType, ensemble } = plan;
  const { widths, activation, loss, noise } = network;
  const nodes = noise.map((group) => [group.layer, group.nodes, isScheduled(group)]);
  const { dropout = 0, inputNoise = 0, jacobian = 0 } = plan;
  const regularised = [dropout > 0, inputNoise > 0, jacobian > 0];
  const shape = [
    widths,
    activation,
    loss,
    nodes,
    batch,
    momentum > 0,
    inputType,
    ensemble?.length,
    regularised,
  ];
  const key = JSON.stringify([machine.name, machine.flavour, machine.threads, shape, least]);
  const found = known.get(key) ?? measured(machine, plan, least);
  known.set(key, found);
  found.catch(() => known.delete(key));
  return found;
}

/** Seconds per step of one run when `together` runs train at once; it tries half as many where memory is short. */
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

async function measured(machine: Machine, plan: Plan, least: number): Promise<number> {
  // The cost of a step does not depend on samples that it does not gather.
  const { batch, network } = plan;
  const fitting = Math.floor(INPUTS / (batch * network.widths[0]));
  const steps = Math.max(1, Math.min(STEPS, fitting));
  const small = { ...plan, trainRows: steps * batch, testRows: 0, evaluateRows: batch };
  const session = await machine.open((await lowerPlan(small)).program);
  try {
    return await timed(session, steps, least);
  } finally {
    session.dispose();
  }
}

/** Increases the work until it takes long enough to be timed. A slow machine is timed on a single step. */
async function timed(session: Session, steps: number, least: number): Promise<number> {
  const begin = performance.now();
  let best = Number.POSITIVE_INFINITY;
  await session.run("step", 0, 1);
  for (let atOnce = 1, rounds = 1; ; ) {
    const start = performance.now();
    for (let k = 0; k < rounds; k++) await session.run("step", 0, atOnce);
    const end = performance.now();
    if (end - start >= MEASURED_MS) {
      best = Math.min(best, (end - start) / 1000 / (atOnce * rounds));
      if (end - begin >= least) return best;
    } else if (atOnce < steps) atOnce = Math.min(steps, 4 * atOnce);
    else rounds *= 2;
  }
}
