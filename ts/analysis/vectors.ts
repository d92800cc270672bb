/** `<a, b>`: the sum of the products of two arrays of one length; for matrices, Frobenius' product. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** `|a|^2`: the sum of the squares of an array. */
export function squares(a: ArrayLike<number>): number {
  return dot(a, a);
}
