import * as Plot from "@observablehq/plot";
import { shortNumber, yLabel } from "./axes.js";
import { key } from "./key.js";
import { CURVE_COLOURS } from "./palette.js";
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

const { loss: READ, unperturbedLoss: SMOOTHED, aside: POINTWISE } = CURVE_COLOURS;
const size = {
  width: 440,
  height: 250,
  marginLeft: 60,
  marginRight: 16,
  marginTop: 72,
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
      ...key(
        [
          ["— measured", READ],
          ["- - predicted, and one deviation of a run", SMOOTHED],
        ],
        -43,
      ),
      yLabel("norm of the noise weights"),
    ],
  };
}

/** The reading with two standard errors, and both curvatures. */
export function curvatures({ moments }: Pick<ProbedRun, "moments">): Plot.PlotOptions {
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
      ...key(
        [
          ["● read", READ],
          ["- - smoothed", SMOOTHED],
          ["··· pointwise", POINTWISE],
        ],
        -43,
      ),
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
      ...key(
        [
          ["··· first order", POINTWISE],
          ["— second order", READ],
        ],
        -43,
      ),
      yLabel("what the expansion of a step misses, relative"),
    ],
  };
}

function title(text: string): Plot.Markish {
  return Plot.text([text], { frameAnchor: "top-left", dx: -46, dy: -62, fontWeight: 600 });
}
