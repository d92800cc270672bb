/** The properties of a layer that decide its place in a chain. */
export interface Link {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  /** An identifier of the layer's tensors. Layers with the same tensors can be exchanged without effect. */
  readonly tensors: string;
}

/** Widths that the chain must have, as far as they are known. */
export interface KnownWidths {
  /** Width of the input. */
  readonly inputs?: number;
  /** Width of the output. */
  readonly outputs?: number;
  /** Hidden widths, from the input on. */
  readonly hidden?: readonly number[];
}

/** Orders of the layers in which each takes the outputs of the one before it. */
export interface Orders<T> {
  readonly orders: readonly (readonly T[])[];
  /** False if the search was stopped, so that there may be more orders. */
  readonly complete: boolean;
}

/** Number of layers that are tried before the search stops. */
const MOST_TRIES = 20_000;

/**
 * Finds orders of all layers that form a chain, at most two: the caller needs to know whether there is exactly one. An
 * order is a directed Eulerian trail in which the widths are nodes and the layers are edges. The degrees tell where it
 * begins. A layer may be taken next if all remaining layers can still be reached after it (Fleury).
 */
export function chainsOf<T extends Link>(
  links: readonly T[],
  known: KnownWidths,
  byNumbers: boolean,
): Orders<T> {
  const orders: T[][] = [];
  const { hidden } = known;
  if (hidden && hidden.length !== links.length - 1) return { orders, complete: true };
  const left = new Set(links);
  const before = byNumbers ? lowerNumbered(links) : new Map<T, T>();
  const order: T[] = [];
  let tries = 0;
  const fits = (link: T) => {
    const place = order.length;
    const wanted = place < links.length - 1 ? hidden?.[place] : known.outputs;
    return wanted === undefined || wanted === link.outputs;
  };
  const extend = (at: number) => {
    if (left.size === 0) {
      orders.push([...order]);
      return;
    }
    const tried = new Set<string>();
    for (const link of [...left]) {
      if (link.inputs !== at || tried.has(link.tensors) || !fits(link)) continue;
      const lower = before.get(link);
      if (lower && left.has(lower)) continue;
      tried.add(link.tensors);
      tries++;
      left.delete(link);
      if (isWithinReach(left, link.outputs)) {
        order.push(link);
        extend(link.outputs);
        order.pop();
      }
      left.add(link);
      if (orders.length >= 2 || tries > MOST_TRIES) return;
    }
  };
  for (const start of startsOf(links)) {
    if (orders.length >= 2) break;
    if (known.inputs === undefined || known.inputs === start) extend(start);
  }
  return { orders, complete: tries <= MOST_TRIES };
}

/**
 * The nodes at which a trail may begin: the node with one more outgoing edge than incoming ones, or any node if the
 * trail is a circuit.
 */
function startsOf(links: readonly Link[]): number[] {
  const surplus = new Map<number, number>();
  for (const { inputs, outputs } of links) {
    surplus.set(inputs, (surplus.get(inputs) ?? 0) + 1);
    surplus.set(outputs, (surplus.get(outputs) ?? 0) - 1);
  }
  const odd = [...surplus].filter(([, count]) => count !== 0);
  if (odd.length === 0) return [...surplus.keys()];
  const balanced = odd.length === 2 && odd.every(([, count]) => Math.abs(count) === 1);
  return balanced ? odd.filter(([, count]) => count === 1).map(([width]) => width) : [];
}

function isWithinReach(links: ReadonlySet<Link>, from: number): boolean {
  const next = new Map<number, number[]>();
  for (const { inputs, outputs } of links) {
    const there = next.get(inputs);
    if (there) there.push(outputs);
    else next.set(inputs, [outputs]);
  }
  const reached = new Set([from]);
  for (const width of reached) for (const other of next.get(width) ?? []) reached.add(other);
  for (const width of next.keys()) if (!reached.has(width)) return false;
  return true;
}

/** For each layer, the one with the next lower number and otherwise the same name: `net.2` for `net.10`. */
function lowerNumbered<T extends Link>(links: readonly T[]): Map<T, T> {
  const before = new Map<T, T>();
  const families = new Map<string, { link: T; numbers: readonly string[] }[]>();
  for (const link of links) {
    const stem = stemOf(link.name);
    const member = { link, numbers: link.name.match(/\d+/g) ?? [] };
    families.set(stem, [...(families.get(stem) ?? []), member]);
  }
  for (const family of families.values()) {
    family.sort((a, b) => compared(a.numbers, b.numbers));
    for (let i = 1; i < family.length; i++) before.set(family[i].link, family[i - 1].link);
  }
  return before;
}

/** Compares numbers that are given as digits, of any length. */
function compared(a: readonly string[], b: readonly string[]): number {
  for (const [i, text] of a.entries()) {
    const [x, y] = [text, b[i]].map((digits) => digits.replace(/^0+/, ""));
    if (x.length !== y.length) return x.length - y.length;
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

/** A name without its numbers. */
export function stemOf(name: string): string {
  return name.replace(/\d+/g, "#");
}
