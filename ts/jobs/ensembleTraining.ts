import type { Machine, Session } from "../backend/machine.js";
import { RunError } from "../errors/errors.js";
import { lowerPlan } from "../program/lowerPlan.js";
import type { Setup } from "../train/setup.js";
import { runTraining, type TrainerHooks, type TrainerResult } from "../train/trainer.js";
import { ReplicaSessions } from "./replicaSessions.js";

/** One run of an ensemble; its plan differs from the others only in the noise's `sigma`. */
export interface EnsembleMember {
  /** Data, schedule, order and noise are the same for all members; the initial weights are the run's own. */
  readonly setup: Setup;
  readonly hooks?: TrainerHooks;
}

/**
 * Trains many networks at once on one machine, as replicas. Each gets the numbers that it would get alone; its seconds are
 * its share of the total. An ensemble that does not fit into the machine's memory is trained in halves.
 * @returns the outcome of each member, in order.
 */
export async function runEnsemble(
  machine: Machine,
  members: readonly EnsembleMember[],
): Promise<PromiseSettledResult<TrainerResult>[]> {
  const ensemble = members.map(({ setup }) => setup.plan.network.noise.map(({ sigma }) => sigma));
  const { program } = await lowerPlan({ ...members[0].setup.plan, ensemble });
  let session: Session;
  try {
    session = await machine.open(program);
  } catch (error) {
    if (!(error instanceof RunError) || members.length === 1) throw error;
    const half = Math.ceil(members.length / 2);
    const first = await runEnsemble(machine, members.slice(0, half));
    return [...first, ...(await runEnsemble(machine, members.slice(half)))];
  }
  try {
    const sessions = new ReplicaSessions(session, program);
    const runs = members.map(({ setup, hooks }, r) => {
      const own = sessions.member(r, machine);
      return runTraining(own, setup, hooks).finally(() => sessions.leave(r));
    });
    const settled = await Promise.allSettled(runs);
    return settled.map((result) =>
      result.status === "fulfilled"
        ? { ...result, value: { ...result.value, seconds: result.value.seconds / members.length } }
        : result,
    );
  } finally {
    session.dispose();
  }
}
