/**
 * Stores eight numbers of a row: `C = alpha acc + beta C`. If beta is 0, the old C has no effect, even if it is NaN: -0
 * is added instead, which changes no number. There is no branch, so that V8 can combine both vectors into one of twice
 * the width.
 */
// @ts-ignore: decorator
@inline
export function storeRow(c: usize, low: v128, high: v128, alpha: f32, beta: f32): void {
  const alphas = f32x4.splat(alpha);
  const betas = f32x4.splat(beta);
  const old = f32x4.ne(betas, f32x4.splat(0));
  const none = v128.andnot(f32x4.splat(-0.0), old);
  const oldLow = v128.or(v128.and(f32x4.mul(v128.load(c), betas), old), none);
  const oldHigh = v128.or(v128.and(f32x4.mul(v128.load(c, 16), betas), old), none);
  v128.store(c, f32x4.add(f32x4.mul(low, alphas), oldLow));
  v128.store(c, f32x4.add(f32x4.mul(high, alphas), oldHigh), 16);
}
