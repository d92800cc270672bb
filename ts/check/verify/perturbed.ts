import type { Machine, Session } from "../../backend/machine.js";
import { mulberry } from "./roundings.js";

/** A machine that multiplies every weight by `1 + d` before each step, with `d` uniform on `[-size, size]`. */
export function perturbed(machine: Machine, size: number, seed: number): Machine {
  const random = mulberry(seed);
  return {
    ...machine,
    open: async (program) => {
      const session = await machine.open(program);
      const weights = Object.keys(program.buffers).filter((name) => name.startsWith("weights."));
      const perturb = async () => {
        for (const name of weights) {
          const values = await session.read(name);
          session.write(
            name,
            values.map((w) => w * (1 + size * (2 * random() - 1))),
          );
        }
      };
      const run: Session["run"] = async (list, first, count) => {
        if (list !== "step") return session.run(list, first, count);
        const rows: number[] = [];
        for (let k = 0; k < count; k++) {
          await perturb();
          rows.push(...(await session.run(list, first + k, 1)));
        }
        return Float64Array.from(rows);
      };
      return {
        run,
        write: (buffer, values, offset) => session.write(buffer, values, offset),
        read: (buffer) => session.read(buffer),
        dispose: () => session.dispose(),
      };
    },
  };
}
