import { THREADS } from "./kernel.js";

/** Threads that share a row of so many columns: a power of two. */
export function lanesFor(cols: number): number {
  let lanes = 1;
  while (lanes < THREADS && lanes * 32 < cols) lanes *= 2;
  return lanes;
}

/** Declarations for `largestOf`. */
export const LARGEST = `var<workgroup> values: array<f32, ${THREADS}>;
var<workgroup> places: array<u32, ${THREADS}>;`;

/**
 * Statements that leave a row's largest element in `largest` and where it first stands in `place`. Row `r` is
 * looked through by `lanes` threads, `own` the number of this one among them; all threads take part, also those
 * beyond the last row.
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

/** Statements that turn each thread's part of a row's sum, a variable, into the whole. */
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
