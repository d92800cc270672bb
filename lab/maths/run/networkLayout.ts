import { MOST_DRAWN, type NetworkPicture } from "./networkPicture.js";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A noise weight as a line from its node to a unit. */
export interface NoiseEdge {
  readonly from: Point;
  readonly to: Point;
  /** The weight's size over the root mean square of its group's start. */
  readonly size: number;
}

/** Where the parts of a drawing stand. */
export interface NetworkLayout {
  /** Units of each layer that are drawn, and how many there are. */
  readonly columns: readonly { readonly units: readonly Point[]; readonly all: number }[];
  readonly nodes: readonly Point[];
  readonly edges: readonly NoiseEdge[];
}

export const DRAWING = { width: 480, height: 240 } as const;
const SIDE = 46;
const UNITS = { top: 38, bottom: 172 };
const NODES = 216;

/** Layers from left to right; noise nodes stand below the layer whose outputs they join. */
export function networkLayout({ widths, groups }: NetworkPicture): NetworkLayout {
  const between = (DRAWING.width - 2 * SIDE) / (widths.length - 1);
  const columns = widths.map((all, l) => {
    const count = Math.min(MOST_DRAWN.units, all);
    const middle = (UNITS.top + UNITS.bottom) / 2;
    const gap = (UNITS.bottom - UNITS.top) / (MOST_DRAWN.units - 1);
    const units = Array.from({ length: count }, (_, i) => ({
      x: SIDE + l * between,
      y: middle + (i - (count - 1) / 2) * gap,
    }));
    return { units, all };
  });
  const nodes: Point[] = [];
  const edges: NoiseEdge[] = [];
  for (const { layer, drawn, weights } of groups) {
    const besides = nodes.filter(({ x }) => Math.abs(x - columns[layer].units[0].x) < SIDE).length;
    for (let node = 0; node < drawn.nodes; node++) {
      const from = { x: columns[layer].units[0].x + 22 * (node + besides), y: NODES };
      nodes.push(from);
      for (let unit = 0; unit < drawn.units; unit++) {
        const size = Math.abs(weights[unit * drawn.nodes + node]);
        edges.push({ from, to: columns[layer + 1].units[unit], size });
      }
    }
  }
  return { columns, nodes, edges };
}

/** Pixels of a noise weight of this size: thin as it decays, thick as it explodes. */
export function edgeWidth(size: number): number {
  if (!Number.isFinite(size)) return THICKEST;
  return Math.min(THICKEST, Math.max(0.25, 2.4 * size ** 0.8));
}

const THICKEST = 16;
