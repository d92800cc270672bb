import * as Plot from "@observablehq/plot";
import { largest } from "../analysis/extremes.js";
import type { Phase } from "../analysis/phase.js";
import type { CurvaturePoint } from "../gauge/gaugeResult.js";
import type { GaugeRecord } from "../gauge/record.js";
import { shortNumber, yLabel } from "./axes.js";
import { type Curve, curvePanel, logDomain } from "./curvePanel.js";
import { key } from "./key.js";
import { CURVE_COLOURS } from "./palette.js";
import { type Frame, figure } from "./svg.js";

export interface GaugeCurves extends Frame {
  readonly phase: Phase;
  readonly sigma: number;
  readonly records: readonly Pick<GaugeRecord, "step" | "loss" | "norm" | "memory">[];
  readonly curvature: readonly CurvaturePoint[];
  /** Learning rate of the layer; 0: unknown. */
  readonly trainingRate: number;
}

const WIDTH = 640;
const { loss: READ, unperturbedLoss: LIMIT } = CURVE_COLOURS;
const COLOURS = {
  loss: CURVE_COLOURS.loss,
  norm: CURVE_COLOURS.niwNorm,
  memory: CURVE_COLOURS.memory,
};
/** Below this part of its start a memory is scatter, which would take up most of a logarithmic axis. */
const REMEMBERED = 0.01;
/** A limit so many times above all readings would press them to the axis. */
const FAR = 3;

/** What noise nodes told while a network trained: loss, norm and memory, and the curvature that they read. */
export function gaugeCurves(drawn: GaugeCurves): string {
  const { records, phase, sigma, title, caption } = drawn;
  const until = records[records.length - 1].step;
  const curve = (label: keyof typeof COLOURS, some: typeof records): Curve => ({
    label,
    x: some.map(({ step }) => step),
    y: some.map((record) => record[label]),
  });
  // Steps without a loss leave a gap in what is known, not in the curve.
  const loss = curve(
    "loss",
    records.filter((record) => !Number.isNaN(record.loss)),
  );
  const remembered = records.filter(({ memory }) => !(memory < REMEMBERED));
  const weights = [curve("norm", records), curve("memory", remembered)];
  const panel = (curves: readonly Curve[], label: string, height: number, first: boolean) =>
    curvePanel(curves, {
      ...{ width: WIDTH, height, label, domain: logDomain(curves), colours: COLOURS, until },
      ...{ keyed: curves.length > 1, heading: first ? { phase, sigma } : undefined },
    });
  const told = loss.y.length > 0;
  return figure({ title, caption }, [
    ...(told ? [[panel([loss], "training loss, with noise", 260, true)]] : []),
    [panel(weights, "noise weights: norm, and memory of the start", told ? 210 : 250, !told)],
    [curvaturePanel(drawn, until)],
  ]);
}

/** The reading over windows with a band of two standard errors, and where steps of the layer become unstable. */
function curvaturePanel({ curvature, trainingRate }: GaugeCurves, until: number): Plot.PlotOptions {
  const points = curvature
    .filter(({ value }) => Number.isFinite(value))
    .map((point) => {
      const reach = 2 * (point.error || 0);
      return { ...point, low: point.value - reach, high: point.value + reach };
    });
  const limit = trainingRate > 0 ? 2 / trainingRate : null;
  const near = limit !== null && limit < FAR * largest(points.map(({ high }) => high));
  const named = limit === null ? "" : `2/eta = ${shortNumber(limit)}`;
  const limits: [string, string][] =
    limit === null ? [] : [[near ? `- - ${named}` : `${named}, above this axis`, LIMIT]];
  return {
    width: WIDTH,
    height: 260,
    marginLeft: 58,
    marginRight: 14,
    marginTop: 62,
    marginBottom: 40,
    style: { background: "none" },
    x: { label: "step", ticks: 5, ...(until > 0 ? { domain: [0, until] } : {}) },
    y: { label: null, ticks: 5, tickFormat: shortNumber },
    marks: [
      Plot.frame({ stroke: "var(--rule)" }),
      Plot.ruleY([0], { stroke: "var(--rule)" }),
      Plot.areaY(points, { x: "step", y1: "low", y2: "high", fill: READ, fillOpacity: 0.18 }),
      Plot.line(points, { x: "step", y: "value", stroke: READ, strokeWidth: 1.6 }),
      Plot.dot(points, { x: "step", y: "value", r: 2.5, fill: READ }),
      ...(near ? [Plot.ruleY([limit], { stroke: LIMIT, strokeDasharray: "5,3" })] : []),
      ...key([["● read, and two standard errors", READ], ...limits], -33),
      yLabel("curvature along the noise weights"),
    ],
  };
}
