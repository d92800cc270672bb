/** Decides, before each call of a session, how many of its threads make it. */
export interface ThreadControl {
  /** The numbers that it chooses from. */
  readonly numbers: readonly number[];
  /** The number of threads that run the list next. */
  next(list: string): number;
  /** Hears how long the call took that `next` was asked about. */
  took(list: string, passes: number, seconds: number): void;
  /** What it changed, in words. */
  readonly remark?: string;
}

/** Always the same number. */
export function constantly(threads: number): ThreadControl {
  return { numbers: [threads], next: () => threads, took: () => {} };
}
