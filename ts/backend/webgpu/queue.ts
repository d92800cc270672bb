import type { Step } from "./binder.js";
import type { Gpu } from "./gpu.js";

/** Aimed duration of a submission: short, so that a desktop stays responsive and no watchdog ends it. */
const SUBMISSION_MS = 3;
/** Submissions that are pending at a time: the next one is encoded and waits while the device works on the first. */
const PENDING = 3;
/** Dispatches in a list's first submission, before anything is known of their cost. */
const FIRST = 8;
/** Largest ratio of the sizes of a submission and the one before it. */
const GROWTH = 4;

// Values of GPUBufferUsage and GPUMapMode, which Node has only under the package's own name.
const MAP_READ = 1;
const COPY_DST = 8;
const READ = 1;

/** The dispatches of one pass over a list. */
export class Passes {
  /** Numbers that a pass writes to the trace, for each replica. */
  readonly slots: number;
  readonly steps: readonly Step[];
  /** Dispatches that take about `SUBMISSION_MS`, as measured so far. */
  atOnce = FIRST;

  constructor(slots: number, steps: readonly Step[]) {
    this.slots = slots;
    this.steps = steps;
  }
}

/** Submits work to a device in parts of bounded time, and copies results back. */
export class Queue {
  readonly #gpu: Gpu;

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /**
   * Makes `count` passes in submissions of bounded time, which may end in the middle of a pass. The last one is returned
   * without being submitted, so that the caller can add a copy to it.
   * @param check throws if the work must not go on; called before each submission.
   */
  async passes(list: Passes, count: number, check: () => void): Promise<GPUCommandEncoder> {
    const { device } = this.#gpu;
    const all = count * list.steps.length;
    const pending = [Promise.resolve(0)];
    for (let done = 0; ; ) {
      check();
      const some = Math.min(list.atOnce, all - done);
      const encoder = device.createCommandEncoder();
      encode(encoder, list.steps, done, some);
      done += some;
      if (done === all) return encoder;
      const submission = this.#timed(encoder, list, some, pending[pending.length - 1]);
      // The waits that follow report its errors.
      submission.catch(() => {});
      pending.push(submission);
      if (pending.length >= PENDING) await pending.shift();
    }
  }

  /** Submits what was encoded, and waits until it is done. */
  submitted(encoder: GPUCommandEncoder): Promise<void> {
    const { queue } = this.#gpu.device;
    queue.submit([encoder.finish()]);
    return this.#gpu.until(queue.onSubmittedWorkDone().then(() => {}));
  }

  /** Submits what was encoded, and returns the first `bytes` of a buffer once it is done. */
  async copied(buffer: GPUBuffer, bytes: number, encoder: GPUCommandEncoder): Promise<ArrayBuffer> {
    const { device } = this.#gpu;
    const staging = device.createBuffer({ size: bytes, usage: MAP_READ | COPY_DST });
    try {
      encoder.copyBufferToBuffer(buffer, 0, staging, 0, bytes);
      device.queue.submit([encoder.finish()]);
      await this.#gpu.until(staging.mapAsync(READ));
      return staging.getMappedRange().slice(0);
    } finally {
      staging.destroy();
    }
  }

  /**
   * Submits, waits, and adapts the size of the next submissions.
   * @param before resolves to the time at which the submission before this one was done.
   * @returns the time at which this one was done, in milliseconds.
   */
  async #timed(
    encoder: GPUCommandEncoder,
    list: Passes,
    dispatches: number,
    before: Promise<number>,
  ): Promise<number> {
    const submitted = performance.now();
    const [free] = await Promise.all([before, this.submitted(encoder)]);
    const now = performance.now();
    const elapsed = Math.max(now - Math.max(submitted, free), 1e-3);
    const growth = Math.min(GROWTH, SUBMISSION_MS / elapsed);
    list.atOnce = Math.max(1, Math.floor(dispatches * growth));
    return now;
  }
}

function encode(
  encoder: GPUCommandEncoder,
  steps: readonly Step[],
  first: number,
  count: number,
): void {
  const pass = encoder.beginComputePass();
  for (let i = first; i < first + count; i++) {
    const { pipeline, group, grid } = steps[i % steps.length];
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(...grid);
  }
  pass.end();
}
