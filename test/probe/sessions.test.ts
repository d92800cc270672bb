import { describe, expect, test } from "vitest";
import type { Machine, Session } from "../../ts/backend/machine.js";
import { wasmMachine } from "../../ts/backend/wasm.js";
import { CurvatureProbe } from "../../ts/curvature/curvatureProbe.js";
import { RunError } from "../../ts/errors/errors.js";
import type { ExperimentInput } from "../../ts/experiment/schema.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import { probePrepared } from "../../ts/probe/probe.js";
import { Prepared, prepare } from "../../ts/train/prepare.js";

const kernels = await loadKernels();
const input: ExperimentInput = {
  network: { layers: [6], activation: "tanh" },
  noise: [{ sigma: 0.5 }],
  data: { name: "gaussian-mixture", inputs: 4, classes: 2, train: 40, test: 10 },
  optimizer: { batchSize: 20 },
  steps: 6,
};

/** A machine that knows which of its sessions are open, and calls back before each is opened, written and run. */
function watched(before: {
  open?: (n: number) => void;
  write?: () => void;
  run?: (n: number) => void;
}) {
  const inner = wasmMachine(kernels);
  const open = new Set<Session>();
  let opens = 0;
  let runs = 0;
  const machine: Machine = {
    ...inner,
    open: async (program) => {
      opens++;
      before.open?.(opens - 1);
      const session = await inner.open(program);
      const own: Session = {
        write: (...args) => {
          before.write?.();
          session.write(...args);
        },
        read: (name) => session.read(name),
        run: async (...args) => {
          runs++;
          before.run?.(runs - 1);
          return session.run(...args);
        },
        dispose: () => {
          open.delete(own);
          session.dispose();
        },
      };
      open.add(own);
      return own;
    },
  };
  return { machine, open, opens: () => opens, runs: () => runs };
}

/** A probe of the same run on that machine. */
async function probed(machine: Machine, signal?: AbortSignal) {
  const bare = await prepare(input, { kernels, backend: "wasm" });
  const own = new Prepared(bare.experiment, { ...bare, machine });
  return probePrepared(own, { moments: 3, signal });
}

describe("a probe lets go of all its sessions", () => {
  test("when it is done, whichever it fails to open, and wherever it is aborted", async () => {
    const whole = watched({});
    await probed(whole.machine);
    expect(whole.open.size).toBe(0);
    // The probe, its two halves, short runs, the expansion, the run.
    expect(whole.opens()).toBeGreaterThan(5);
    for (let failing = 0; failing < whole.opens(); failing++) {
      const full = new RunError("out of memory");
      const { machine, open } = watched({
        open: (n) => {
          if (n === failing) throw full;
        },
      });
      await expect(probed(machine)).rejects.toBe(full);
      expect(open.size, `session ${failing}`).toBe(0);
    }
    const every = Math.ceil(whole.runs() / 40);
    for (let at = 0; at < whole.runs(); at += every) {
      const stop = new AbortController();
      const { machine, open } = watched({
        run: (n) => {
          if (n === at) stop.abort(new Error("enough"));
        },
      });
      await expect(probed(machine, stop.signal)).rejects.toThrow("enough");
      expect(open.size, `pass ${at}`).toBe(0);
    }
  });

  test("when what it begins with cannot be written", async () => {
    const { machine, open, opens } = watched({
      write: () => {
        throw new RangeError("does not fit");
      },
    });
    await expect(probed(machine)).rejects.toThrow("does not fit");
    expect([opens(), open.size]).toEqual([1, 0]);
  });

  test("and opens none for a signal that is aborted", async () => {
    const { machine, opens } = watched({});
    const { plan, data } = await prepare(input, { kernels, backend: "wasm" });
    const signal = AbortSignal.abort(new Error("before"));
    await expect(CurvatureProbe.open(machine, plan.network, 0, data, { signal })).rejects.toThrow(
      "before",
    );
    expect(opens()).toBe(0);
  });
});
