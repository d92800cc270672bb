import { chooseBackend } from "../../../ts/train/machine/chooseBackend.js";
import { Prepared } from "../../../ts/train/prepare.js";
import type { MachineChoice } from "../../state/labState.js";

/** Why a run is made on the machine that a visitor sees at first. */
const SAME_BITS = "its bits are the same on every host";

/**
 * A prepared run on another machine.
 * @throws RunError if there is no such machine.
 */
export async function onMachine(prepared: Prepared, wanted: MachineChoice): Promise<Prepared> {
  const { experiment, kernels, data, dataKey } = prepared;
  const work = { experiment, kernels, data: async () => data };
  const { machine, why } = await chooseBackend(wanted, work);
  return new Prepared(experiment, {
    ...{ kernels, data, dataKey, machine },
    why: wanted === "wasm" ? SAME_BITS : why,
  });
}
