import {
  type Abilities,
  COUNTER,
  type Dispatch,
  eachElement,
  Kernel,
  SCRATCH,
  THREADS,
  TRACE,
} from "./kernel.js";
import { lanesFor } from "./rows.js";

/** The place of a sum in the trace, and its factor. */
export interface Slot {
  readonly slot: number;
  /** Numbers per replica in a row of the trace. */
  readonly slots: number;
  readonly scale: number;
  readonly replicas: number;
}

/** A workgroup sums at least this many elements, unless there are fewer. */
const PER_GROUP = 4096;
const MOST_PARTS = 256;

export function groupsFor(length: number): number {
  return Math.min(Math.ceil(length / PER_GROUP), MOST_PARTS);
}

/** Largest number of workgroups, and so of partial sums, of an operation on a matrix of this size. */
export function mostParts(rows: number, cols: number): number {
  return Math.max(groupsFor(rows * cols), Math.ceil(rows / (THREADS / lanesFor(cols))));
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
  readonly groups: number;
}

/**
 * Sums what the threads of all workgroups add in `add`, and writes it to a slot of the trace. It takes two dispatches
 * if there is more than one workgroup.
 */
export function summed(k: Kernel, what: Summands, into: Slot, can: Abilities): Dispatch[] {
  const { add, groups, declarations = "" } = what;
  const sum = total(can);
  const last = groups === 1;
  const store = last ? put(k, into) : `${k.storage(SCRATCH, true)}[replica * ${groups} + group.x]`;
  const value = last ? `${k.f32(into.scale)} * all` : "all";
  const first = k.dispatch({
    declarations: `${declarations}\n${sum.declarations}`,
    main: `var sum = 0.0;\n${add}\nlet all = ${sum.call("sum")};\nif (lane == 0u) { ${store} = ${value}; }`,
    grid: [groups, 1, into.replicas],
    subgroups: can.subgroups,
  });
  return last ? [first] : [first, ...partsSummed(groups, into, can)];
}

function partsSummed(parts: number, into: Slot, can: Abilities): Dispatch[] {
  const k = new Kernel();
  const scratch = k.storage(SCRATCH, false);
  const add = eachElement(k, 1, parts, 1, `sum += ${scratch}[replica * ${parts} + i];`);
  return summed(k, { add, groups: 1 }, into, can);
}

/** The slot's place in the row of the current pass. */
function put(k: Kernel, { slot, slots, replicas }: Slot): string {
  const trace = k.storage(TRACE, true);
  const counter = k.storage(COUNTER, false, "u32");
  return `${trace}[(${counter}[1] * ${replicas} + replica) * ${k.u32(slots)} + ${k.u32(slot)}]`;
}
