/** How a workgroup covers its part of a product: a tile of the result, each thread a `threadRows x threadCols` part of it. */
export interface Tile {
  readonly rows: number;
  readonly cols: number;
  /** Length of the sums that is taken into workgroup memory at a time. */
  readonly depth: number;
  readonly threadRows: number;
  readonly threadCols: number;
  /** Share of the arithmetic peak that the shape can reach, roughly: a larger tile loads less for each product. */
  readonly efficiency: number;
}

const four = { depth: 16, threadRows: 4, threadCols: 4 } as const;

export const TILES: readonly Tile[] = [
  { rows: 128, cols: 128, depth: 16, threadRows: 8, threadCols: 8, efficiency: 1 },
  { rows: 64, cols: 64, ...four, efficiency: 0.7 },
  { rows: 32, cols: 32, ...four, efficiency: 0.45 },
  { rows: 64, cols: 16, ...four, efficiency: 0.35 },
  { rows: 16, cols: 64, ...four, efficiency: 0.35 },
];

/** Rows of four in workgroup memory are one longer than they need be, so that threads side by side meet other banks. */
export function rowLength(width: number): number {
  return width / 4 + 1;
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
  /** Parts that the sums are cut into, each taken by workgroups of its own. */
  readonly splits: number;
}

/** Workgroups that a large GPU is kept busy with: about two for each of its multiprocessors. */
const BUSY = 256;
/** What one more dispatch costs, in multiplications of one workgroup: some microseconds. */
const DISPATCH = 2 ** 20;
/**
 * What a workgroup takes at least for one more `depth` of its sums, in the same unit: a third of a microsecond or so, in
 * which it waits for memory and for all its threads. A workgroup that has a multiprocessor for itself goes by this.
 */
const ROUND = 2 ** 16;
/** The shortest part of a sum that is worth a workgroup. */
const SHORTEST = 64;
const MOST_SPLITS = 32;

/** The tile, and the number of parts, that should take the least time, of those that fit into workgroup memory. */
export function tilingFor(size: ProductSize, workgroupMemory: number): Tiling {
  const fitting = TILES.filter((tile) => workgroupBytes(tile) <= workgroupMemory);
  const choices = fitting.flatMap((tile) => {
    const groups = groupsOf(size, tile);
    const useful = Math.min(BUSY / groups, size.depth / SHORTEST, MOST_SPLITS);
    return [1, useful].map((parts) => ({ tile, splits: splitsOf(size.depth, tile, parts) }));
  });
  return choices.reduce((best, one) => (cost(size, one) < cost(size, best) ? one : best));
}

/** Parts of whole rounds, as many as are asked for at most. */
function splitsOf(depth: number, tile: Tile, parts: number): number {
  const rounds = Math.ceil(depth / tile.depth);
  return Math.ceil(rounds / Math.ceil(rounds / Math.max(1, parts)));
}

function groupsOf({ rows, cols, replicas }: ProductSize, tile: Tile): number {
  return Math.ceil(rows / tile.rows) * Math.ceil(cols / tile.cols) * replicas;
}

function cost(size: ProductSize, { tile, splits }: Tiling): number {
  const waves = Math.max(1, (groupsOf(size, tile) * splits) / BUSY);
  const depth = Math.ceil(size.depth / splits);
  const work = (waves * tile.rows * tile.cols * depth) / tile.efficiency;
  return work + ROUND * Math.ceil(depth / tile.depth) + (splits > 1 ? DISPATCH : 0);
}
