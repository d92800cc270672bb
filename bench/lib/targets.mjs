/** Whether a measured summary reaches its target: `{ what, atLeast, measured, met }`; without a measurement it does not. */
export function held(what, measured, atLeast) {
  return { what, atLeast, measured, met: measured ? measured.median >= atLeast : null };
}

/** The last two cells of a row: the target, and whether the measurement reaches it. */
export function verdict(target) {
  if (!target) return ["", ""];
  const met = target.met === null ? "unmeasured" : target.met ? "met" : "missed";
  return [`at least ${target.atLeast.toLocaleString("en")}`, met];
}
