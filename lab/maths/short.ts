/** A number as people read it: three digits. */
export function short(value: number): string {
  if (Number.isNaN(value)) return "none";
  if (!Number.isFinite(value)) return "beyond all numbers";
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size >= 1e5 || size < 1e-3 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}
