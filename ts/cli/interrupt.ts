/** The user pressed Ctrl-C (or the process was asked to end). */
export class Interrupted extends Error {
  override readonly name = "Interrupted";

  constructor(signal: string) {
    super(`interrupted (${signal}); all files are complete`);
  }
}

export interface Interrupt {
  readonly signal: AbortSignal;
}

/** The first signal asks all work to stop; the second one ends the process at once. */
export function interruptible(): Interrupt {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(130);
      controller.abort(new Interrupted(name));
    });
  }
  return { signal: controller.signal };
}
