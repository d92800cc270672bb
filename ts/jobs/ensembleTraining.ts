import type { Machine, Session } from "../backend/machine.js";
import { RunError } from "../errors/errors.js";
import { lower } from "../program/lower.js";
import type { Setup } from "../train/setup.js";
import { runTraining, type TrainerHooks, type TrainerResult } from "../train/trainer.js";
import { Convoy } from "./replicaSessions.js";

/** One run of an ensemble: its plan differs from the others' in the noise's `sigma` alone. */
export interface EnsembleMember {
  /** Data, schedule, order and noise are the same for all members; the initial weights are the run's own. */
  readonly setup: Setup;
  readonly hooks?: TrainerHooks;
}

/**
 * Trains many networks at once on one machine, as its replicas: each as if it were alone, but that its seconds are its
 * share of all. An ensemble that the machine has no room for is trained in halves.
 * @returns how each member fared, in order.
 */
export async function runEnsemble(
  machine: Machine,
  members: readonly EnsembleMember[],
): Promise<PromiseSettledResult<TrainerResult>[]> {
  const ensemble = members.map(({ setup }) => setup.plan.network.noise.map(({ sigma }) => sigma));
  const { program } = lower({ ...members[0].setup.plan, ensemble });
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
    const convoy = new Convoy(session, program);
    const runs = members.map(({ setup, hooks }, r) => {
      const own = convoy.member(r, machine);
      return runTraining(own, setup, hooks).finally(() => convoy.leave(r));
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
