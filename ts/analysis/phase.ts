/** The four phases of training under noise injection (theory, sections 3 and 4), in order of growing `sigma`. */
export const PHASES = ["decoupled", "decay", "catapult", "divergent"] as const;

/** A run that fits none of the four is `unclassified`, and its evidence says why. */
export type Phase = (typeof PHASES)[number] | "unclassified";
