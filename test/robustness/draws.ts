/** Random numbers that `make_corruptions.py` makes too, to the last bit: the generator of Park and Miller. */
export function uniforms(count: number, seed: number): Float64Array {
  let state = seed;
  return new Float64Array(count).map(() => {
    state = (state * 16807) % 2147483647;
    return state / 2147483647;
  });
}

/** Nearly normal numbers: sums of twelve uniform ones, added from the first on. */
export function normals(count: number, seed: number): Float64Array {
  const parts = uniforms(12 * count, seed);
  return new Float64Array(count).map((_, i) => {
    let sum = 0;
    for (let k = 0; k < 12; k++) sum += parts[12 * i + k];
    return sum - 6;
  });
}
