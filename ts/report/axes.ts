import * as Plot from "@observablehq/plot";

/** Where one cell ends and the next begins: half-way between neighbours, on the logarithmic scale. */
export function logEdge(values: readonly number[], i: number): number {
  if (values.length === 1) return values[0] * (i === 0 ? 0.8 : 1.25);
  if (i === 0) return values[0] * Math.sqrt(values[0] / values[1]);
  const last = values.length - 1;
  if (i > last) return values[last] * Math.sqrt(values[last] / values[last - 1]);
  return Math.sqrt(values[i - 1] * values[i]);
}

/** A vertical axis' label, above the axis and clear of what stands over the panel. */
export function yLabel(text: string): Plot.Markish {
  return Plot.text([`↑ ${text}`], {
    frameAnchor: "top-left",
    textAnchor: "start",
    lineAnchor: "bottom",
    dx: -46,
    dy: -11,
  });
}

export function shortNumber(x: number): string {
  return String(Number(x.toPrecision(3)));
}

export function increasing(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}
