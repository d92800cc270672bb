/**
 * The four phases of training under noise injection (theory, sections 3 and 4), in the order in which they appear as
 * `sigma` grows.
 */
export const PHASES = ["decoupled", "decay", "catapult", "divergent"] as const;

/** One of the four phases, or `unclassified` for a run that fits none of them. Its evidence then says why. */
export type Phase = (typeof PHASES)[number] | "unclassified";
