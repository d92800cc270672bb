import { InputError } from "../errors/errors.js";
import type { Experiment, NoiseGroup } from "./schema.js";

/** Whether `sigma` of a noise group changes during a run. */
export function isScheduled({ schedule }: Pick<NoiseGroup, "schedule">): boolean {
  return schedule !== undefined && schedule.kind !== "constant";
}

/**
 * Refuses schedules of `sigma` where the theory takes one `sigma` for the whole run.
 * @param who what takes constant noise alone, for the message.
 * @throws InputError that names the schedule.
 */
export function refuseSchedules({ noise }: Pick<Experiment, "noise">, who: string): void {
  noise.forEach((group, g) => {
    if (!isScheduled(group)) return;
    const field = `noise.${g}.schedule`;
    throw new InputError(
      field,
      `${field} is of kind "${group.schedule?.kind}": ${who} takes constant noise`,
    );
  });
}

/** What a result supposes that was made as if `sigma` stayed what it is; null if it does. */
export function constantNoiseSupposed({ noise }: Pick<Experiment, "noise">): string | null {
  const left = noise.flatMap((group, g) =>
    isScheduled(group) ? [`noise.${g}.schedule (${group.schedule?.kind})`] : [],
  );
  return left.length === 0 ? null : `constant noise: without ${left.join(", ")}`;
}
