import { THREADS } from "./kernel.js";

/** Number of threads that share a row with this many columns: a power of two. */
export function lanesFor(cols: number): number {
  let lanes = 1;
  while (lanes < THREADS && lanes * 32 < cols) lanes *= 2;
  return lanes;
}

/** Number of workgroups for a matrix's rows. */
export function rowGroups({
  rows,
  cols,
}: {
  readonly rows: number;
  readonly cols: number;
}): number {
  return Math.ceil(rows / (THREADS / lanesFor(cols)));
}

/** Declarations that `largestOf` needs. */
export const LARGEST = `var<workgroup> values: array<f32, ${THREADS}>;
var<workgroup> places: array<u32, ${THREADS}>;`;

/**
 * Statements that find a row's largest element, `largest`, and its first place, `place`. `lanes` threads search row
 * `r`; `own` is the number of this thread among them. All threads must run these statements, even those beyond the last
 * row, which read beyond the matrix.
 */
export function largestOf(element: string, cols: string, lanes: number): string {
  return `let own = lane % ${lanes}u;
let r = group.x * ${THREADS / lanes} + lane / ${lanes}u;
var largest = -0x1.fffffep+127f;
var place = ${cols};
for (var c = own; c < ${cols}; c += ${lanes}) {
let z = ${element};
if (z > largest || place == ${cols}) { largest = z; place = c; }
}
${
  lanes === 1
    ? ""
    : `values[lane] = largest;
places[lane] = place;
for (var half = ${lanes / 2}u; half > 0u; half /= 2u) {
workgroupBarrier();
if (own < half) {
let z = values[lane + half];
let there = places[lane + half];
if (z > values[lane] || (z == values[lane] && there < places[lane])) {
values[lane] = z;
places[lane] = there;
}
}
}
workgroupBarrier();
largest = values[lane - own];
place = places[lane - own];`
}`;
}

/** Statements that replace a variable, which holds each thread's part of a row's sum, by the whole sum. */
export function rowSum(variable: string, lanes: number): string {
  if (lanes === 1) return "";
  return `workgroupBarrier();
values[lane] = ${variable};
for (var half = ${lanes / 2}u; half > 0u; half /= 2u) {
workgroupBarrier();
if (own < half) { values[lane] += values[lane + half]; }
}
workgroupBarrier();
${variable} = values[lane - own];`;
}
