import type { Phase } from "../../ts/analysis/phase.js";
import type { MapSpec } from "../state/labState.js";
import { MAP_RATES, MAP_SIGMAS } from "./linearSigmas.js";

/** A cell's phase as a number: its place here. */
export const CODES: readonly Phase[] = [
  "decoupled",
  "decay",
  "catapult",
  "divergent",
  "unclassified",
];

/**
 * A phase map, or some rows of one, in arrays that a worker hands over without a copy. Row by row: all of `MAP_SIGMAS` of
 * a learning rate, or of a coarse map every `stride`th.
 */
export interface PhaseMap {
  /** The model whose cells these are. */
  readonly model: MapSpec;
  /** 1: each cell; 4: one cell for each square of four by four. */
  readonly stride: number;
  /** Places in `CODES`, `[cells]`. */
  readonly phases: Uint8Array<ArrayBuffer>;
  /** Batch loss before the first update, the largest, and of the last step, `[cells]`. */
  readonly lossStart: Float32Array<ArrayBuffer>;
  readonly lossMax: Float32Array<ArrayBuffer>;
  readonly lossEnd: Float32Array<ArrayBuffer>;
  /** Updates made, `[cells]`. */
  readonly steps: Uint16Array<ArrayBuffer>;
  /** `lambda(0)`, which all cells share: `kappa = eta sigma^2 lambda(0)`. */
  readonly lambda: number;
}

/** What the map shows of a cell. */
export interface MapCell {
  readonly sigma: number;
  readonly learningRate: number;
  readonly phase: Phase;
  readonly kappa: number;
  readonly lossStart: number;
  readonly lossMax: number;
  readonly lossEnd: number;
  readonly steps: number;
}

/** The coarse map's cells per side of the whole map's. */
export const COARSE = 4;

/** The values that a map of this stride takes: of `stride` neighbours the middle one. */
export function everyNth(values: readonly number[], stride: number): number[] {
  return values.filter((_, i) => i % stride === stride >> 1);
}

/** A map to be filled. */
export function emptyMap(model: MapSpec, stride: number, cells: number, lambda: number): PhaseMap {
  return {
    ...{ model, stride, lambda },
    phases: new Uint8Array(cells),
    lossStart: new Float32Array(cells),
    lossMax: new Float32Array(cells),
    lossEnd: new Float32Array(cells),
    steps: new Uint16Array(cells),
  };
}

const COLUMNS = ["phases", "lossStart", "lossMax", "lossEnd", "steps"] as const;

/** What of a map is handed over. */
export function buffersOf(map: PhaseMap): ArrayBuffer[] {
  return COLUMNS.map((name) => map[name].buffer);
}

/** Puts the rows of all shares in order. */
export function joined(parts: readonly PhaseMap[]): PhaseMap {
  const [{ model, stride, lambda }] = parts;
  const width = everyNth(MAP_SIGMAS, stride).length;
  const whole = emptyMap(model, stride, width * everyNth(MAP_RATES, stride).length, lambda);
  for (const [part, rows] of parts.entries()) {
    for (const name of COLUMNS) {
      for (let row = 0; row * width < rows[name].length; row++) {
        const at = (part + row * parts.length) * width;
        whole[name].set(rows[name].subarray(row * width, (row + 1) * width), at);
      }
    }
  }
  return whole;
}

/** The cell of a map that covers a place of the whole map. */
export function cellAt(map: PhaseMap, column: number, row: number): MapCell {
  const sigmas = everyNth(MAP_SIGMAS, map.stride);
  const [x, y] = [Math.floor(column / map.stride), Math.floor(row / map.stride)];
  return cellOf(map, y * sigmas.length + x);
}

/** All cells of a map. */
export function cellsOf(map: PhaseMap): MapCell[] {
  return Array.from(map.phases, (_, i) => cellOf(map, i));
}

function cellOf(map: PhaseMap, i: number): MapCell {
  const width = Math.ceil(MAP_SIGMAS.length / map.stride);
  const middle = map.stride >> 1;
  const sigma = MAP_SIGMAS[(i % width) * map.stride + middle];
  const learningRate = MAP_RATES[Math.floor(i / width) * map.stride + middle];
  return {
    ...{ sigma, learningRate, phase: CODES[map.phases[i]] },
    kappa: learningRate * sigma ** 2 * map.lambda,
    ...{ lossStart: map.lossStart[i], lossMax: map.lossMax[i], lossEnd: map.lossEnd[i] },
    steps: map.steps[i],
  };
}

/** The cells that a coarse map has, which a figure can show. */
export function thinned(map: PhaseMap): MapCell[] {
  const [columns, rows] = [MAP_SIGMAS, MAP_RATES].map((all) => everyNth([...all.keys()], COARSE));
  return rows.flatMap((row) => columns.map((column) => cellAt(map, column, row)));
}
