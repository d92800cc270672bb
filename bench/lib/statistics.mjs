/** The `q`-quantile of the values, interpolated between neighbours. */
export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = q * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.ceil(at);
  return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
}

/** Median and quartiles; null without values. */
export function summary(values) {
  if (values.length === 0) return null;
  const [q1, median, q3] = [0.25, 0.5, 0.75].map((q) => quantile(values, q));
  return { median, q1, q3, count: values.length };
}

/** The exponent p of `y = c x^p`: the slope of the least-squares line through the logarithms. */
export function exponent(xs, ys) {
  const points = xs.map((x, i) => [Math.log(x), Math.log(ys[i])]);
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const mx = mean(points.map(([x]) => x));
  const my = mean(points.map(([, y]) => y));
  const sxy = mean(points.map(([x, y]) => (x - mx) * (y - my)));
  const sxx = mean(points.map(([x]) => (x - mx) ** 2));
  return sxy / sxx;
}
