import type { Abilities } from "./kernel.js";

/** A workgroup's tile of a product's result. Each thread computes a part of `threadRows x threadCols` elements. */
export interface Tile {
  readonly rows: number;
  readonly cols: number;
  /** Number of terms of the sums that are loaded into workgroup memory at a time. */
  readonly depth: number;
  readonly threadRows: number;
  readonly threadCols: number;
}

/** A tile for GPUs. */
interface GpuTile extends Tile {
  /**
   * Rough fraction of the arithmetic peak that the tile can reach. A larger tile loads fewer numbers per
   * multiplication.
   */
  readonly efficiency: number;
}

const four = { depth: 16, threadRows: 4, threadCols: 4 } as const;

export const TILES: readonly GpuTile[] = [
  { rows: 128, cols: 128, depth: 16, threadRows: 8, threadCols: 8, efficiency: 1 },
  { rows: 64, cols: 64, ...four, efficiency: 0.7 },
  { rows: 32, cols: 32, ...four, efficiency: 0.45 },
  { rows: 64, cols: 16, ...four, efficiency: 0.35 },
  { rows: 16, cols: 64, ...four, efficiency: 0.35 },
];

/**
 * The tile for a CPU that emulates a GPU. Such an adapter takes a second to compile a larger tile, and five to compile the
 * largest.
 */
export const SOFTWARE_TILE: Tile = { rows: 16, cols: 16, depth: 4, threadRows: 4, threadCols: 4 };

/**
 * Length of a row in workgroup memory, in vectors of four. It is one longer than needed, so that neighbouring threads
 * use different memory banks.
 */
export function rowLength(width: number): number {
  return width / 4 + 1;
}

/** Threads of a workgroup that computes a tile. */
export function threadsOf({ rows, cols, threadRows, threadCols }: Tile): number {
  return (rows / threadRows) * (cols / threadCols);
}

/**
 * Whether each thread has so large a part that registers limit the kernel. Such a product has its dispatch to itself: it takes
 * much longer than a dispatch costs.
 */
export function isLarge({ threadRows, threadCols }: Tile): boolean {
  return threadRows * threadCols >= 64;
}

export function workgroupBytes({ rows, cols, depth }: Tile): number {
  return 16 * depth * (rowLength(rows) + rowLength(cols));
}

export interface ProductSize {
  readonly rows: number;
  readonly cols: number;
  readonly depth: number;
  readonly replicas: number;
}

export interface Tiling {
  readonly tile: Tile;
  /** Number of parts that the sums are split into. Each part has its own workgroups. */
  readonly splits: number;
}

interface Choice extends Tiling {
  readonly tile: GpuTile;
}

/** Number of workgroups that keep a large GPU busy: about two per multiprocessor. */
const BUSY = 256;
/** Cost of an additional dispatch, in multiplications of one workgroup: some microseconds. */
const DISPATCH = 2 ** 20;
/**
 * Smallest time that a workgroup takes for `depth` terms of its sums, in the same unit: about a third of a microsecond.
 * During it the workgroup waits for memory and for its threads. It is the limit for a workgroup that has a
 * multiprocessor to itself.
 */
const ROUND = 2 ** 16;
/** The smallest number of terms that is worth a workgroup of its own. */
const SHORTEST = 64;
const MOST_SPLITS = 32;

/**
 * The fastest tile and number of parts by estimate, among the tiles that fit into workgroup memory. A software adapter
 * takes its own tile and no parts: it has no multiprocessors to keep busy.
 */
export function tilingFor(
  size: ProductSize,
  { software, workgroupBytes: memory }: Pick<Abilities, "software" | "workgroupBytes">,
): Tiling {
  if (software) return { tile: SOFTWARE_TILE, splits: 1 };
  const fitting = TILES.filter((tile) => workgroupBytes(tile) <= memory);
  const choices = fitting.flatMap((tile) => {
    const groups = groupsOf(size, tile);
    const useful = Math.min(BUSY / groups, size.depth / SHORTEST, MOST_SPLITS);
    return [1, useful].map((parts) => ({ tile, splits: splitsOf(size.depth, tile, parts) }));
  });
  return choices.reduce((best, one) => (cost(size, one) < cost(size, best) ? one : best));
}

/**
 * The fastest tile of so many threads for a product in one part, whose own tile is another: with it the product can share a
 * dispatch.
 * @returns undefined if there is no such tile, or if it costs more than a dispatch.
 */
export function tileWith(
  threads: number,
  size: ProductSize,
  own: Tile,
  { workgroupBytes: memory }: Pick<Abilities, "workgroupBytes">,
): Tile | undefined {
  const costOf = (tile: GpuTile) => cost(size, { tile, splits: 1 });
  const best = TILES.find((tile) => tile === own);
  if (!best) return undefined;
  const most = costOf(best) + DISPATCH;
  const fitting = TILES.filter((tile) => threadsOf(tile) === threads && !isLarge(tile));
  return fitting
    .filter((tile) => workgroupBytes(tile) <= memory && costOf(tile) < most)
    .sort((one, other) => costOf(one) - costOf(other))[0];
}

/** Number of parts, at most `parts`, that consist of whole rounds of `depth` terms. */
function splitsOf(depth: number, tile: Tile, parts: number): number {
  const rounds = Math.ceil(depth / tile.depth);
  return Math.ceil(rounds / Math.ceil(rounds / Math.max(1, parts)));
}

function groupsOf({ rows, cols, replicas }: ProductSize, tile: Tile): number {
  return Math.ceil(rows / tile.rows) * Math.ceil(cols / tile.cols) * replicas;
}

function cost(size: ProductSize, { tile, splits }: Choice): number {
  const waves = Math.max(1, (groupsOf(size, tile) * splits) / BUSY);
  const depth = Math.ceil(size.depth / splits);
  const work = (waves * tile.rows * tile.cols * depth) / tile.efficiency;
  return work + ROUND * Math.ceil(depth / tile.depth) + (splits > 1 ? DISPATCH : 0);
}
