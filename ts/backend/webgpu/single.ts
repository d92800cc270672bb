import type { Dispatch } from "../../../gpu/kernel.js";
import type { Gpu } from "./gpu.js";

const UNIFORM = 64 | 8; // UNIFORM | COPY_DST

/**
 * Runs one dispatch on the caller's buffers and waits for it.
 * @returns the milliseconds that it took.
 */
export async function runSingle(
  gpu: Gpu,
  dispatch: Dispatch,
  buffers: Readonly<Record<string, GPUBuffer>>,
  times = 1,
): Promise<number> {
  const { device } = gpu;
  const { parameters, bindings, grid } = dispatch;
  const pipeline = await gpu.until(gpu.pipeline(dispatch));
  const own = device.createBuffer({ size: parameters.byteLength, usage: UNIFORM });
  try {
    device.queue.writeBuffer(own, 0, parameters);
    const resources = [own, ...bindings.map(({ buffer }) => buffers[buffer])];
    const group = device.createBindGroup({
      layout: gpu.layout(dispatch),
      entries: resources.map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    const start = performance.now();
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    for (let k = 0; k < times; k++) pass.dispatchWorkgroups(...grid);
    pass.end();
    device.queue.submit([encoder.finish()]);
    await gpu.until(device.queue.onSubmittedWorkDone());
    return performance.now() - start;
  } finally {
    own.destroy();
  }
}
