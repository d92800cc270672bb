/** Mean accuracy over the corruptions, over the severities that were measured. */
export const corrupted = ({ severities }) =>
  severities.reduce((sum, { accuracy }) => sum + accuracy, 0) / severities.length;

const clean = ({ measured }) => measured.clean.accuracy;

/** The least clean accuracy of a choice: the margin below the best of the network without anything. */
export function leastClean(settings, margin) {
  return Math.max(...settings.filter(({ measured }) => measured).map(clean)) - margin;
}

/**
 * The setting with the highest accuracy on corrupted validation images, of those with at least this clean accuracy. If none has
 * it, the one with the highest clean accuracy. Null if no setting could be trained.
 */
export function choose(settings, least) {
  const trained = settings.filter(({ measured }) => measured);
  if (trained.length === 0) return null;
  const most = (all, of) => all.reduce((a, b) => (of(b) > of(a) ? b : a));
  // Accuracies are multiples of 1 over the number of images; rounding must not decide.
  const near = trained.filter((setting) => clean(setting) >= least - 1e-9);
  return near.length > 0 ? most(near, ({ measured }) => corrupted(measured)) : most(trained, clean);
}

/** A setting in words, with the sigma that a forecast gave it. */
export function setting({ label, preset, sigma }) {
  return preset && sigma ? `${label}, sigma ${Number(sigma.toPrecision(3))}` : String(label);
}
