import type { Region } from "../program/ops.js";

/** Whether two regions may have an element in common. */
export function overlap(a: Region, b: Region): boolean {
  if (a.buffer !== b.buffer) return false;
  if (a.offset > last(b) || b.offset > last(a)) return false;
  if (a.stride !== b.stride) return true;
  // The same stride: both are rectangles of one matrix, unless a row exceeds it.
  const { stride } = a;
  const left = (of: Region) => of.offset % stride;
  if (left(a) + a.cols > stride || left(b) + b.cols > stride) return true;
  const top = (of: Region) => Math.floor(of.offset / stride);
  return (
    left(a) < left(b) + b.cols &&
    left(b) < left(a) + a.cols &&
    top(a) < top(b) + b.rows &&
    top(b) < top(a) + a.rows
  );
}

function last({ offset, rows, cols, stride }: Region): number {
  return offset + (rows - 1) * stride + cols - 1;
}
