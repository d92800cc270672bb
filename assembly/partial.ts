/** Loads the first `count` (1 to 4) floats at `from`; the other lanes are 0. Nothing beyond them is read. */
// @ts-ignore: decorator
@inline
export function loadPart(from: usize, count: i32): v128 {
  if (count == 4) return v128.load(from);
  if (count == 1) return v128.load32_zero(from);
  const low = v128.load64_zero(from);
  return count == 2 ? low : v128.load32_lane(from, low, 2, 8);
}

/** Stores the first `count` (1 to 4) lanes. */
// @ts-ignore: decorator
@inline
export function storePart(to: usize, count: i32, values: v128): void {
  if (count == 4) {
    v128.store(to, values);
  } else if (count == 1) {
    v128.store32_lane(to, values, 0);
  } else {
    v128.store64_lane(to, values, 0);
    if (count == 3) v128.store32_lane(to, values, 2, 8);
  }
}
