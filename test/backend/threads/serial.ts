import { RECORD_BYTES } from "../../../ts/backend/arena.js";
import type { Machine } from "../../../ts/backend/machine.js";
import { encodeThreads } from "../../../ts/backend/threads/plan.js";
import { laidOut } from "../../../ts/backend/threads/threadedMachine.js";
import { WasmSession } from "../../../ts/backend/wasm.js";
import type { Kernels } from "../../../ts/kernels/instance.js";
import { threadKernels } from "../../../ts/kernels/threadKernels.js";
import type { Program } from "../../../ts/program/ops.js";

/** Puts the threads in the order in which they go between two barriers. */
export type Order = (threads: number[]) => number[];

/**
 * What threads do, on one thread: between two barriers, one after the other in any order. A barrier that is missing shows, as
 * a thread then reads what another one should have written before, or has written too early.
 */
export async function serialMachine(
  kernels: Kernels,
  threads: number,
  order: Order,
): Promise<Machine> {
  const build = await threadKernels(kernels);
  if (!build) throw new Error("these kernels have no build for threads");
  return {
    name: "wasm",
    flavour: kernels.flavour,
    open: async (program) => {
      const { plan, memory, instance } = laidOut(build, program, [threads]);
      return new (class extends WasmSession {
        readonly #program: Program = program;

        protected override pass(name: string, replica: number, first: number, count: number): void {
          const list = plan.lists.get(threads)?.get(name);
          if (!list) throw new Error(name);
          const { turns, length, addresses } = list;
          const { slots } = this.#program.lists[name];
          const ends = [...turns.keys()].filter((i) => turns[i] === "barrier").slice(1);
          for (let k = 0; k < count; k++) {
            let begin = 1;
            for (const end of [...ends, length]) {
              for (const t of order([...Array(threads).keys()])) {
                const at = addresses[replica] + (t * length + begin) * RECORD_BYTES;
                const trace = plan.arena.trace + 8 * slots * k;
                const workspace = plan.workspaces[t];
                const { shared } = plan;
                instance.runPart(at, end - begin, first + k, 1, trace, slots, workspace, shared, 1);
              }
              begin = end + 1;
            }
          }
        }

        constructor() {
          super(instance, program);
          encodeThreads(plan, new DataView(memory.buffer));
        }
      })();
    },
  };
}
