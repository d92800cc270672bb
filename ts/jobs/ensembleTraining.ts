import type { Machine, Session } from "../backend/machine.js";
import type { Dataset } from "../data/dataset.js";
import { RunError } from "../errors/errors.js";
import { lower } from "../program/lower.js";
import type { Plan } from "../program/workspace.js";
import type { RunInputs } from "../train/inputs.js";
import type { Schedule } from "../train/schedule.js";
import { runTraining, type TrainerHooks, type TrainerResult } from "../train/trainer.js";
import { Convoy } from "./replicaSessions.js";

/** One run of an ensemble: its plan differs from the others' in the noise's `sigma` alone. */
export interface EnsembleMember {
  readonly plan: Plan;
  /** Order and noise are the ensemble's, those of the first of it; weights are the run's own. */
  readonly inputs: RunInputs;
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
  data: Dataset,
  schedule: Schedule,
): Promise<PromiseSettledResult<TrainerResult>[]> {
  const ensemble = members.map(({ plan }) => plan.network.noise.map(({ sigma }) => sigma));
  const { program } = lower({ ...members[0].plan, ensemble });
  let session: Session;
  try {
    session = await machine.open(program);
  } catch (error) {
    if (!(error instanceof RunError) || members.length === 1) throw error;
    const half = Math.ceil(members.length / 2);
    const first = await runEnsemble(machine, members.slice(0, half), data, schedule);
    return [...first, ...(await runEnsemble(machine, members.slice(half), data, schedule))];
  }
  try {
    const convoy = new Convoy(session, program);
    const runs = members.map(({ plan, inputs, hooks }, r) => {
      const own = convoy.member(r, machine);
      return runTraining(own, plan, data, inputs, schedule, hooks).finally(() => convoy.leave(r));
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
