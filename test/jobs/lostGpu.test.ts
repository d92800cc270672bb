import { describe, expect, test } from "vitest";
import { dawn } from "../../ts/backend/node/dawn.js";
import type { Gpu } from "../../ts/backend/webgpu/gpu.js";
import { openGpu } from "../../ts/backend/webgpu/gpu.js";
import { sharedGpu } from "../../ts/backend/webgpu/shared.js";
import type { ExperimentInput } from "../../ts/experiment/schema.js";
import { train } from "../../ts/jobs/train.js";
import { MemoryStore } from "../../ts/store/memoryStore.js";
import { sweep } from "../../ts/sweep/sweep.js";
import { testGpu } from "../gpu.js";

const found = await testGpu();

// Software compiles a run's kernels for each device anew: without a hidden layer, and with one number of rows, they are fewer.
const EXPERIMENT: ExperimentInput = {
  network: { layers: [] },
  data: { name: "gaussian-mixture", inputs: 10, classes: 3, train: 60, test: 0 },
  optimizer: { batchSize: "full" },
  epochs: 72,
  record: { evaluateEvery: 12 },
};
const HALF = 36;
/** Two cases compile the kernels several times over, which takes software a minute each. */
const FULL = process.env.NINSCOPE_SOAK === "full";

/** A store that has a device destroyed once it holds a state of so many steps. */
function destroying(device: () => Promise<GPUDevice>, when: (step: number) => boolean) {
  const store = new MemoryStore();
  const save = store.saveCheckpoint.bind(store);
  let destroyed = 0;
  store.saveCheckpoint = async (key, checkpoint) => {
    await save(key, checkpoint);
    if (!when(checkpoint.step)) return;
    destroyed++;
    (await device()).destroy();
  };
  return { store, destroyed: () => destroyed };
}

/** Each call is another place for the process' GPU, so that no other test's is lost. */
const ownPlace = () => ({ source: () => dawn() });

describe.skipIf("none" in found)("a GPU that is lost in the midst of a run", () => {
  test("is replaced by another, which goes on to the same numbers", async () => {
    const gpu = ownPlace();
    const current = async () => ((await sharedGpu(gpu)) as Gpu).device;
    let once = true;
    const { store, destroyed } = destroying(current, (step) => {
      const now = once && step >= HALF;
      if (now) once = false;
      return now;
    });
    const options = { backend: "webgpu", gpu, checkpointEvery: 0 } as const;
    const { trajectory, backend, final } = await train(EXPERIMENT, { ...options, store });
    const whole = await train(EXPERIMENT, { backend: "webgpu", gpu: { source: dawn } });
    expect(destroyed()).toBe(1);
    expect(backend.name).toBe("webgpu");
    expect(trajectory).toEqual(whole.trajectory);
    expect(final).toEqual(whole.final);
  });

  test.runIf(FULL)(
    "again and again: the run ends on the CPU, from its last checkpoint, and says so",
    async () => {
      const gpu = ownPlace();
      const current = async () => ((await sharedGpu(gpu)) as Gpu).device;
      const { store, destroyed } = destroying(current, (step) => step >= HALF);
      const options = { backend: "webgpu", gpu, checkpointEvery: 0 } as const;
      const { trajectory, backend } = await train(EXPERIMENT, { ...options, store });
      expect(destroyed()).toBeGreaterThan(2);
      expect(backend.name).toBe("wasm");
      expect(backend.why).toMatch(/^the GPU was lost .* it went on from step \d+ on wasm$/);
      const { trajectory: cpu } = await train(EXPERIMENT, { backend: "wasm" });
      expect(trajectory.steps.step).toEqual(cpu.steps.step);
      trajectory.steps.loss.forEach((loss, i) => {
        expect(Math.abs(loss / cpu.steps.loss[i] - 1)).toBeLessThan(1e-3);
      });
    },
  );

  test("is one's own: the run goes on on the CPU at once", async () => {
    const { device } = (await openGpu({ source: dawn })) as Gpu;
    const { store } = destroying(
      async () => device,
      (step) => step >= HALF,
    );
    const gpu = { source: dawn, device };
    const options = { backend: "webgpu", gpu, checkpointEvery: 0 } as const;
    const { backend } = await train(EXPERIMENT, { ...options, store });
    expect(backend.name).toBe("wasm");
  });

  test("without a store ends the run in one clear error", async () => {
    const { device } = (await openGpu({ source: dawn })) as Gpu;
    const run = train(EXPERIMENT, {
      backend: "webgpu",
      gpu: { source: dawn, device },
      onRecord: () => device.destroy(),
    });
    await expect(run).rejects.toThrow(/^the GPU was lost/);
  });

  test.runIf(FULL)("costs a sweep nothing but the steps since the last checkpoint", async () => {
    const gpu = ownPlace();
    const current = async () => ((await sharedGpu(gpu)) as Gpu).device;
    let once = true;
    const { store, destroyed } = destroying(current, (step) => {
      const now = once && step >= HALF;
      if (now) once = false;
      return now;
    });
    const spec = { ...EXPERIMENT, sweep: { "noise.0.sigma": [0.5, 1, 2, 4, 8] } };
    const options = { backend: "webgpu", gpu, checkpointEvery: 0 } as const;
    const { resultsHash } = await sweep(spec, { ...options, store });
    const whole = await sweep(spec, { backend: "webgpu", gpu: { source: dawn } });
    expect(destroyed()).toBe(1);
    expect(resultsHash).toBe(whole.resultsHash);
  });
});
