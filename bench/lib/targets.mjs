/** Whether a measured summary reaches its target: `{ what, atLeast, measured, met }`; unmeasured is not met. */
export function held(what, measured, atLeast) {
  return { what, atLeast, measured, met: measured ? measured.median >= atLeast : null };
}

/** The two last cells of a row: the target and whether it is met. */
export function verdict(target) {
  if (!target) return ["", ""];
  const met = target.met === null ? "unmeasured" : target.met ? "met" : "missed";
  return [`at least ${target.atLeast.toLocaleString("en")}`, met];
}
