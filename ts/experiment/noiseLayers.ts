import { InputError, shown } from "../errors/errors.js";
import type { NoiseInput } from "./experiment.js";

/** Largest number of noise groups. */
export const MOST_GROUPS = 64;

/**
 * Noise groups as a run has them: each on one layer. A group of several layers becomes one of each, in the order of its layers.
 * @param last the last weight layer; those before it lead to hidden units.
 * @throws InputError for a layer that the network does not have or that a group names twice, and for too many groups.
 */
export function groupsOfLayers<G extends { readonly layer: NoiseInput["layer"] & {} }>(
  noise: readonly G[],
  last: number,
): (Omit<G, "layer"> & { layer: number })[] {
  const groups = noise.flatMap((group, g) =>
    layersOf(group.layer, last, `noise.${g}.layer`).map((layer) => ({ ...group, layer })),
  );
  if (groups.length > MOST_GROUPS) {
    throw new InputError(
      "noise",
      `noise has ${groups.length} groups, counted once for each of their layers: takes at most ${MOST_GROUPS}`,
    );
  }
  return groups;
}

function layersOf(layer: NoiseInput["layer"] & {}, last: number, field: string): number[] {
  const refusal = (what: string) => new InputError(field, `${field} is ${shown(layer)}: ${what}`);
  if (layer === "hidden") {
    if (last === 0) throw refusal("takes a layer of the network, which has no hidden ones");
    return Array.from({ length: last }, (_, l) => l);
  }
  const layers = typeof layer === "number" ? [layer] : layer;
  if (layers.some((l) => l > last)) throw refusal(`takes a layer of the network, 0 to ${last}`);
  if (layers.length === 0) throw refusal("takes a list of at least one layer");
  if (new Set(layers).size < layers.length)
    throw refusal("takes a list that names each layer once");
  return layers;
}
