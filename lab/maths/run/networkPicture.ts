import { squares } from "../../../ts/analysis/vectors.js";
import type { Network } from "../../../ts/program/network.js";
import type { Parameters } from "../../../ts/train/parameters.js";

/** What a drawing of a network needs to know of it. */
export interface NetworkPicture {
  /** Units of each layer, inputs and outputs included. */
  readonly widths: readonly number[];
  readonly groups: readonly GroupPicture[];
}

/** The noise nodes of one layer. */
export interface GroupPicture {
  /** Weight layer that they add to: they stand beside the units of this number. */
  readonly layer: number;
  readonly nodes: number;
  /** Nodes and units that are drawn. */
  readonly drawn: { readonly nodes: number; readonly units: number };
  /** Their weights over the root mean square of the group's start, `[units, nodes]`. */
  readonly weights: readonly number[];
  /** `|W_NI|` of the whole group over its start. */
  readonly norm: number;
}

/** Most units of a layer, and nodes of a group, that a drawing shows. */
export const MOST_DRAWN = { units: 8, nodes: 3 } as const;

/** @param niw noise weights of each group now, and at the start. */
export function networkPicture(
  { widths, noise }: Network,
  niw: Parameters["niw"],
  start: Parameters["niw"],
): NetworkPicture {
  return {
    widths,
    groups: noise.map(({ layer, nodes }, g) => {
      const units = Math.min(MOST_DRAWN.units, widths[layer + 1]);
      const shown = Math.min(MOST_DRAWN.nodes, nodes);
      const scale = Math.sqrt(squares(start[g]) / start[g].length) || 1;
      const weights = Array.from({ length: units * shown }, (_, i) => {
        const [unit, node] = [Math.floor(i / shown), i % shown];
        return niw[g][unit * nodes + node] / scale;
      });
      const norm = Math.sqrt(squares(niw[g]) / (squares(start[g]) || 1));
      return { layer, nodes, drawn: { nodes: shown, units }, weights, norm };
    }),
  };
}
