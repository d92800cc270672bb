import {
  type Access,
  type Binding,
  type Body,
  Kernel,
  MOST_GROUPS,
  type Part,
  THREADS,
} from "../../../gpu/kernel.js";
import { overlap } from "../overlap.js";

/** Number of storage buffers that every device can bind at once. */
const MOST_BUFFERS = 8;

interface Node {
  readonly part: Part;
  readonly body: Body;
  readonly threads: number;
  readonly accesses: readonly Access[];
  readonly bindings: readonly Binding[];
  /** The later parts that must wait for this one. */
  readonly next: Node[];
  /** Number of parts that this one waits for. */
  waits: number;
  /** Number of parts in the longest chain from this one on, each of which waits for the one before it. */
  chain: number;
}

/**
 * Puts the parts of a pass into few groups, each of which can be one dispatch. A part comes after all earlier ones that write
 * what it touches, or that touch what it writes; other parts may come in another order. Each group begins with the part from
 * which the longest chain starts, and takes what else is ready and fits.
 */
export function grouped(parts: readonly Part[]): Part[][] {
  const nodes = parts.map(nodeOf);
  nodes.forEach((later, i) => {
    for (const node of nodes.slice(0, i)) {
      if (!conflict(node, later)) continue;
      node.next.push(later);
      later.waits++;
    }
  });
  for (const node of nodes.toReversed()) {
    node.chain = 1 + Math.max(0, ...node.next.map(({ chain }) => chain));
  }
  const groups: Part[][] = [];
  for (let left = nodes; left.length > 0; ) {
    const ready = left.filter(({ waits }) => waits === 0).sort((a, b) => b.chain - a.chain);
    const group: Node[] = [];
    const taken = new Set<Node>();
    for (const node of ready) {
      const fitting = joining(group, node);
      if (!fitting) continue;
      group.push(fitting);
      taken.add(node);
    }
    for (const { next } of taken) for (const node of next) node.waits--;
    left = left.filter((node) => !taken.has(node));
    groups.push(group.map(({ part }) => part));
  }
  return groups;
}

function nodeOf(part: Part): Node {
  const k = new Kernel();
  const body = part(k);
  const { threads = THREADS } = body;
  const { accesses, bindings } = k;
  return { part, body, threads, accesses, bindings, next: [], waits: 0, chain: 0 };
}

function conflict(one: Node, other: Node): boolean {
  return one.accesses.some((a) =>
    other.accesses.some(
      (b) =>
        (a.writes || b.writes) &&
        (a.beyond || b.beyond ? a.place.buffer === b.place.buffer : overlap(a.place, b.place)),
    ),
  );
}

/** The node as it can join a group, if it can: perhaps with another number of threads. */
function joining(group: readonly Node[], node: Node): Node | undefined {
  if (group.length === 0) return node;
  const [{ threads }] = group;
  if (node.threads !== threads) {
    const other = node.body.withThreads?.(threads);
    return other && joining(group, nodeOf(other));
  }
  const all = [...group, node];
  const alone = all.some(({ body }) => body.alone);
  return !alone && canBind(all) && workgroups(all) <= MOST_GROUPS ? node : undefined;
}

/** Whether any device can bind all buffers at once: not too many, and none that is written also as another type. */
function canBind(nodes: readonly Node[]): boolean {
  const all = nodes.flatMap(({ bindings }) => bindings);
  const typed = new Set(all.map(({ buffer, type }) => `${type} ${buffer}`));
  return (
    typed.size <= MOST_BUFFERS &&
    all.every(
      ({ buffer, type, writes }) =>
        !writes || all.every((other) => other.buffer !== buffer || other.type === type),
    )
  );
}

function workgroups(nodes: readonly Node[]): number {
  return nodes.reduce(
    (
      sum,
      {
        body: {
          grid: [x, y, z],
        },
      },
    ) => sum + x * y * z,
    0,
  );
}
