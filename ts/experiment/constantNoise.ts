import { InputError } from "../errors/errors.js";
import type { Experiment } from "./schema.js";

/**
 * Refuses schedules of `sigma` where the theory takes one `sigma` for the whole run.
 * @param who what takes constant noise alone, for the message.
 * @throws InputError that names the schedule.
 */
export function refuseSchedules({ noise }: Pick<Experiment, "noise">, who: string): void {
  noise.forEach(({ schedule }, g) => {
    if (!schedule || schedule.kind === "constant") return;
    const field = `noise.${g}.schedule`;
    throw new InputError(
      field,
      `${field} is of kind "${schedule.kind}": ${who} takes constant noise`,
    );
  });
}
