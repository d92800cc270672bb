import {
  type Abilities,
  COUNTS,
  eachElement,
  type Kernel,
  type Part,
  rowIn,
  SUMS,
  THREADS,
  TRACE,
} from "./kernel.js";
import { rowGroups } from "./rows.js";

/** The place of a sum in the trace, and its factor. */
export interface Slot {
  readonly slot: number;
  /** Numbers per replica in a row of the trace. */
  readonly slots: number;
  readonly scale: number;
  readonly replicas: number;
  /** Where in the buffer `SUMS` the sums of the workgroups are kept. */
  readonly kept: number;
}

/** A workgroup sums at least this many elements, unless there are fewer. */
const PER_GROUP = 4096;
const MOST_PARTS = 256;

export function groupsFor(length: number): number {
  return Math.min(Math.ceil(length / PER_GROUP), MOST_PARTS);
}

/** Largest number of workgroups, each with its own sum, of an operation on a matrix of this size. */
export function mostParts(rows: number, cols: number): number {
  return Math.max(groupsFor(rows * cols), rowGroups({ rows, cols }));
}

/** The function `total(v)`: the sum over the workgroup. All threads must call it; the result is valid in lane 0. */
function total({ subgroups }: Abilities): {
  readonly declarations: string;
  call(v: string): string;
} {
  if (subgroups) {
    return {
      declarations: `var<workgroup> parts_: array<f32, ${THREADS / 4}>;
fn total(v: f32, part: u32, parts: u32) -> f32 {
let own = subgroupAdd(v);
if (subgroupElect()) { parts_[part] = own; }
workgroupBarrier();
var sum = 0.0;
for (var i = 0u; i < parts; i++) { sum += parts_[i]; }
return sum;
}`,
      call: (v) => `total(${v}, part, parts)`,
    };
  }
  return {
    declarations: `var<workgroup> sums: array<f32, ${THREADS}>;
fn total(v: f32, lane: u32) -> f32 {
sums[lane] = v;
for (var half = ${THREADS / 2}u; half > 0u; half /= 2u) {
workgroupBarrier();
if (lane < half) { sums[lane] += sums[lane + half]; }
}
return sums[0];
}`,
    call: (v) => `total(${v}, lane)`,
  };
}

interface Summands {
  readonly declarations?: string;
  /** Statements that add to the variable `sum`. */
  readonly add: string;
}

/**
 * Sums what the threads of `groups` workgroups add, and writes it to a slot of the trace. If there is more than one
 * workgroup, a second part adds their sums.
 */
export function summed(
  groups: number,
  what: (k: Kernel) => Summands,
  into: Slot,
  can: Abilities,
): Part[] {
  const sum = total(can);
  const last = groups === 1;
  const first: Part = (k) => {
    const { add, declarations = "" } = what(k);
    const store = last ? put(k, into) : keptSum(k, groups, into, true, "group.x");
    const value = last ? `${k.f32(into.scale)} * all` : "all";
    return {
      declarations: `${declarations}\n${sum.declarations}`,
      main: `var sum = 0.0;\n${add}\nlet all = ${sum.call("sum")};\nif (lane == 0u) { ${store} = ${value}; }`,
      grid: [groups, 1, into.replicas],
      subgroups: can.subgroups,
    };
  };
  if (last) return [first];
  const kept = (k: Kernel): Summands => ({
    add: eachElement(k, 1, groups, 1, `sum += ${keptSum(k, groups, into, false, "i")};`),
  });
  return [first, ...summed(1, kept, into, can)];
}

/** The sum of a workgroup of the current replica. */
function keptSum(k: Kernel, groups: number, into: Slot, writes: boolean, group: string): string {
  const { kept, replicas } = into;
  const sums = k.storage(rowIn(SUMS, replicas * groups, kept), writes);
  return `${sums}[${k.u32(kept)} + replica * ${k.u32(groups)} + ${group}]`;
}

/** The slot's place in the row of the current pass. */
function put(k: Kernel, { slot, slots, replicas }: Slot): string {
  const trace = k.storage({ buffer: TRACE, offset: slot, rows: 1, cols: 1, stride: slots }, true);
  const counter = k.storage(COUNTS, false, "u32");
  return `${trace}[(${counter}[1] * ${k.u32(replicas)} + replica) * ${k.u32(slots)} + ${k.u32(slot)}]`;
}
