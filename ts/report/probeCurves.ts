import * as Plot from "@observablehq/plot";
import { shortNumber, yLabel } from "./phaseMap.js";
import { type Frame, figure } from "./svg.js";

/** What a probe saw of one run. */
export interface ProbedRun {
  readonly heading: string;
  readonly moments: readonly {
    readonly epoch: number;
    readonly niwNorm: number;
    readonly pointwise: number;
    readonly smoothed: number;
    readonly antithetic: { readonly value: number; readonly error: number };
    readonly expansion: { readonly firstError: number; readonly secondError: number } | null;
  }[];
  /** At each moment. */
  readonly predicted: {
    readonly norm: ArrayLike<number>;
    readonly deviation: ArrayLike<number>;
  } | null;
}

const [READ, SMOOTHED, POINTWISE] = ["#d55e00", "#0072b2", "#6b6b6b"];
const size = {
  width: 440,
  height: 230,
  marginLeft: 60,
  marginRight: 16,
  marginTop: 58,
  marginBottom: 36,
};
const style = { background: "none" };

/** Norm and its prediction, curvature and its reading, and where the expansion holds, in time: a column a run. */
export function probeCurves(frame: Frame, runs: readonly ProbedRun[]): string {
  return figure(frame, [runs.map(norms), runs.map(curvatures), runs.map(expansions)]);
}

function norms({ heading, moments, predicted }: ProbedRun): Plot.PlotOptions {
  const band = predicted
    ? moments.map(({ epoch }, i) => ({
        epoch,
        norm: predicted.norm[i],
        low: Math.max(predicted.norm[i] - predicted.deviation[i], 1e-12),
        high: predicted.norm[i] + predicted.deviation[i],
      }))
    : [];
  return {
    ...size,
    style,
    x: { label: null },
    y: { type: "log", label: null, ticks: 4, tickFormat: shortNumber },
    marks: [
      Plot.areaY(band, { x: "epoch", y1: "low", y2: "high", fill: SMOOTHED, fillOpacity: 0.18 }),
      Plot.line(band, { x: "epoch", y: "norm", stroke: SMOOTHED, strokeDasharray: "5,3" }),
      Plot.line(moments, { x: "epoch", y: "niwNorm", stroke: READ, strokeWidth: 1.6 }),
      title(heading),
      ...key([
        ["— measured", READ],
        ["- - predicted, and one deviation of a run", SMOOTHED],
      ]),
      yLabel("norm of the noise weights"),
    ],
  };
}

function curvatures({ moments }: ProbedRun): Plot.PlotOptions {
  return {
    ...size,
    style,
    x: { label: null },
    y: { label: null, ticks: 5, tickFormat: shortNumber },
    marks: [
      Plot.ruleY([0], { stroke: "var(--rule)" }),
      Plot.line(moments, { x: "epoch", y: "pointwise", stroke: POINTWISE, strokeDasharray: "2,3" }),
      Plot.line(moments, { x: "epoch", y: "smoothed", stroke: SMOOTHED, strokeDasharray: "5,3" }),
      Plot.link(moments, {
        x1: "epoch",
        x2: "epoch",
        y1: (d: ProbedRun["moments"][number]) => d.antithetic.value - 2 * d.antithetic.error,
        y2: (d: ProbedRun["moments"][number]) => d.antithetic.value + 2 * d.antithetic.error,
        stroke: READ,
      }),
      Plot.dot(moments, {
        x: "epoch",
        y: (d: ProbedRun["moments"][number]) => d.antithetic.value,
        r: 2.5,
        fill: READ,
      }),
      ...key([
        ["● read", READ],
        ["- - smoothed", SMOOTHED],
        ["··· pointwise", POINTWISE],
      ]),
      yLabel("curvature along the noise weights"),
    ],
  };
}

function expansions({ moments }: ProbedRun): Plot.PlotOptions {
  const known = moments.flatMap(({ epoch, expansion }) =>
    expansion ? [{ epoch, ...expansion }] : [],
  );
  return {
    ...size,
    style,
    x: { label: "epoch" },
    y: { type: "log", label: null, ticks: 4, tickFormat: shortNumber },
    marks: [
      Plot.ruleY([1], { stroke: "var(--rule)" }),
      Plot.line(known, { x: "epoch", y: "firstError", stroke: POINTWISE, strokeDasharray: "2,3" }),
      Plot.line(known, { x: "epoch", y: "secondError", stroke: READ }),
      ...key([
        ["··· first order", POINTWISE],
        ["— second order", READ],
      ]),
      yLabel("what the expansion of a step misses, relative"),
    ],
  };
}

function title(text: string): Plot.Markish {
  return Plot.text([text], { frameAnchor: "top-left", dx: -46, dy: -42, fontWeight: 600 });
}

function key(entries: readonly (readonly [string, string])[]): Plot.Markish[] {
  let x = -46;
  return entries.map(([text, fill]) => {
    const mark = Plot.text([text], {
      frameAnchor: "top-left",
      textAnchor: "start",
      dx: x,
      dy: -28,
      fill,
      fontWeight: 600,
    });
    x += 7.2 * text.length + 14;
    return mark;
  });
}
