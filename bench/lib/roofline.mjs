import * as Plot from "@observablehq/plot";
import { CURVE_COLOURS } from "../../build/js/ts/report/palette.js";
import { figure } from "../../build/js/ts/report/svg.js";
import { productIntensity, stepIntensity } from "./intensity.mjs";

const GIGA = 1e9;
const FUSED = CURVE_COLOURS.loss;
const PLAIN = CURVE_COLOURS.unperturbedLoss;
const ROOF = CURVE_COLOURS.aside;
const SIZE = {
  width: 760,
  height: 470,
  marginTop: 20,
  marginLeft: 56,
  marginRight: 24,
  marginBottom: 46,
};
/** The range of the axis of operations per byte. */
const X = [1 / 32, 512];

/** Performance against arithmetic intensity, under the roofs of this host: one core, float32. */
export function roofline({ host, date, parts }) {
  const roofs = Object.fromEntries(
    parts.peak.results.map(({ module, what, perSecond }) => [
      what === "peak" ? module : what,
      perSecond && perSecond.median / GIGA,
    ]),
  );
  const points = [...productPoints(parts.products), ...stepPoints(parts.steps)];
  const lines = [
    { name: "fused multiply-add, 256 bits", peak: roofs.wide, stroke: FUSED, dash: "none" },
    { name: "fused multiply-add", peak: roofs.relaxed, stroke: FUSED, dash: "none" },
    { name: "mul + add", peak: roofs.baseline, stroke: PLAIN, dash: "6 3" },
  ].filter(({ peak }) => peak);
  const top = Math.max(...lines.map(({ peak }) => peak));
  const y = [1, Math.max(100, 2 * top)];
  const slopes = [
    { name: "copies in memory", bandwidth: roofs.memory },
    { name: "copies in the second cache", bandwidth: roofs.cache },
  ].filter(({ bandwidth }) => bandwidth);
  const frame = {
    title: "What one core reaches, under its roofs",
    caption: `${host.cpu}, Node ${host.node}, ${date.slice(0, 10)}. Medians; each point's bytes are its operands and results, moved once.`,
  };
  return figure(frame, [
    [
      {
        ...SIZE,
        x: { type: "log", domain: X, label: "operations a byte", tickFormat: "~g" },
        y: { type: "log", domain: y, label: "GFLOP/s", tickFormat: "~g", grid: true },
        symbol: { domain: ["product", "step"], range: ["circle", "square"] },
        marks: [
          ...slopes.flatMap(({ name, bandwidth }) => slope(name, bandwidth, y, top)),
          ...lines.flatMap(({ name, peak, stroke, dash }) => roof(name, peak, stroke, dash)),
          Plot.dot(points, {
            x: "intensity",
            y: "rate",
            symbol: "kind",
            r: 4.5,
            stroke: (point) => (point.fast ? FUSED : PLAIN),
            fill: (point) => (point.fast ? FUSED : "var(--paper)"),
            strokeWidth: 1.5,
          }),
          Plot.text(labels(points), {
            x: "intensity",
            y: "rate",
            text: "label",
            dy: 9,
            rotate: 90,
            textAnchor: "start",
            stroke: "var(--paper)",
            fill: "currentColor",
          }),
          ...legend(),
        ],
      },
    ],
  ]);
}

function productPoints(part) {
  return (part?.results ?? [])
    .filter(({ module, flopsPerSecond }) => module && flopsPerSecond)
    .map((result) => ({
      kind: "product",
      fast: result.module !== "baseline",
      intensity: productIntensity(result),
      rate: result.flopsPerSecond.median / GIGA,
    }));
}

function stepPoints(part) {
  return (part?.results ?? [])
    .filter(({ ready, flopsPerSecond }) => ready?.module && flopsPerSecond)
    .map(({ h, ready, flopsPerSecond }) => ({
      kind: "step",
      fast: ready.module !== "baseline",
      intensity: stepIntensity([784, h, h, h, 10], 128),
      rate: flopsPerSecond.median / GIGA,
      label: `h = ${h}`,
    }));
}

/** The label of a step goes below the lower of its two points. */
function labels(points) {
  return points.filter(
    ({ label, rate }) =>
      label && points.every((other) => other.label !== label || other.rate >= rate),
  );
}

/** A line up to the roof, with its name along it. */
function slope(name, bandwidth, y, top) {
  const [bottom] = y;
  const from = Math.max(X[0], bottom / bandwidth);
  const line = [from, top / bandwidth].map((x) => ({ x, y: x * bandwidth }));
  const middle = Math.sqrt(line[0].x * line[1].x);
  return [
    Plot.line(line, { x: "x", y: "y", stroke: ROOF }),
    Plot.text([{ x: middle, y: middle * bandwidth }], {
      x: "x",
      y: "y",
      text: () => `${name}, ${bandwidth.toPrecision(3)} GB/s`,
      rotate: -steepness(y),
      lineAnchor: "bottom",
      dx: -4,
      dy: -4,
      fill: ROOF,
      stroke: "var(--paper)",
    }),
  ];
}

/** The angle in degrees of a line on which operations per second are proportional to operations per byte. */
function steepness([bottom, top]) {
  const across = (SIZE.width - SIZE.marginLeft - SIZE.marginRight) / Math.log(X[1] / X[0]);
  const up = (SIZE.height - SIZE.marginTop - SIZE.marginBottom) / Math.log(top / bottom);
  return (Math.atan2(up, across) * 180) / Math.PI;
}

function roof(name, peak, stroke, dash) {
  return [
    Plot.ruleY([peak], { stroke, strokeDasharray: dash, strokeWidth: 1.5 }),
    Plot.text([{ x: X[0], y: peak }], {
      x: "x",
      y: "y",
      text: () => `${name}, ${peak.toPrecision(3)} GFLOP/s`,
      textAnchor: "start",
      dx: 4,
      dy: -8,
      fill: stroke,
      stroke: "var(--paper)",
    }),
  ];
}

function legend() {
  const entries = [
    { kind: "product", fast: true, says: "product, fused" },
    { kind: "product", fast: false, says: "product, mul + add" },
    { kind: "step", fast: true, says: "training step, fused" },
    { kind: "step", fast: false, says: "training step, mul + add" },
  ].map((entry, i) => ({ ...entry, x: 20, y: 2.4 / 1.22 ** i }));
  return [
    Plot.dot(entries, {
      x: "x",
      y: "y",
      symbol: "kind",
      r: 4.5,
      stroke: ({ fast }) => (fast ? FUSED : PLAIN),
      fill: ({ fast }) => (fast ? FUSED : "var(--paper)"),
      strokeWidth: 1.5,
    }),
    Plot.text(entries, {
      x: "x",
      y: "y",
      text: "says",
      textAnchor: "start",
      dx: 10,
      stroke: "var(--paper)",
      fill: "currentColor",
    }),
  ];
}
