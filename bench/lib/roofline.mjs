import * as Plot from "@observablehq/plot";
import { CURVE_COLOURS } from "../../build/js/ts/report/palette.js";
import { figure } from "../../build/js/ts/report/svg.js";
import { productIntensity, stepIntensity } from "./intensity.mjs";

const GIGA = 1e9;
const FUSED = CURVE_COLOURS.loss;
const PLAIN = CURVE_COLOURS.unperturbedLoss;
const ROOF = CURVE_COLOURS.aside;

/** Performance against arithmetic intensity, under the roofs of this host: one core, float32. */
export function roofline({ host, date, parts }) {
  const roofs = Object.fromEntries(
    parts.peak.results.map(({ module, what, perSecond }) => [
      what === "peak" ? module : what,
      perSecond && perSecond.median / GIGA,
    ]),
  );
  const points = [...productPoints(parts.products), ...stepPoints(parts.steps)];
  const [left, right] = [0.25, 512];
  const lines = [
    { name: "fused multiply-add", peak: roofs.relaxed, stroke: FUSED, dash: "none" },
    { name: "mul + add", peak: roofs.baseline, stroke: PLAIN, dash: "6 3" },
  ].filter(({ peak }) => peak);
  const top = Math.max(...lines.map(({ peak }) => peak));
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
        width: 760,
        height: 470,
        marginLeft: 56,
        marginRight: 24,
        marginBottom: 46,
        x: { type: "log", domain: [left, right], label: "operations a byte", tickFormat: "~g" },
        y: { type: "log", domain: [1, 100], label: "GFLOP/s", tickFormat: "~g", grid: true },
        symbol: { domain: ["product", "step"], range: ["circle", "square"] },
        marks: [
          ...slopes.flatMap(({ name, bandwidth }) => slope(name, bandwidth, left, top)),
          ...lines.flatMap(({ name, peak, stroke, dash }) => roof(name, peak, stroke, dash, right)),
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
            dy: 14,
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
      fast: result.module === "relaxed",
      intensity: productIntensity(result),
      rate: result.flopsPerSecond.median / GIGA,
    }));
}

function stepPoints(part) {
  return (part?.results ?? [])
    .filter(({ ready, flopsPerSecond }) => ready?.module && flopsPerSecond)
    .map(({ h, ready, flopsPerSecond }) => ({
      kind: "step",
      fast: ready.module === "relaxed",
      intensity: stepIntensity([784, h, h, h, 10], 128),
      rate: flopsPerSecond.median / GIGA,
      label: `h = ${h}`,
    }));
}

/** A step's words stand under the lower of its two points. */
function labels(points) {
  return points.filter(
    ({ label, rate }) =>
      label && points.every((other) => other.label !== label || other.rate >= rate),
  );
}

function slope(name, bandwidth, left, top) {
  const line = [left, top / bandwidth].map((x) => ({ x, y: x * bandwidth }));
  const at = Math.max(left * 1.15, 1.6 / bandwidth);
  return [
    Plot.line(line, { x: "x", y: "y", stroke: ROOF, clip: true }),
    Plot.text([{ x: at, y: at * bandwidth }], {
      x: "x",
      y: "y",
      text: () => `${name}, ${bandwidth.toPrecision(3)} GB/s`,
      textAnchor: "start",
      dx: 10,
      dy: 4,
      fill: ROOF,
      stroke: "var(--paper)",
    }),
  ];
}

function roof(name, peak, stroke, dash, right) {
  const start = { x: 0, y: peak };
  return [
    Plot.ruleY([start], { y: "y", stroke, strokeDasharray: dash, strokeWidth: 1.5 }),
    Plot.text([{ x: right, y: peak }], {
      x: "x",
      y: "y",
      text: () => `${name}, ${peak.toPrecision(3)} GFLOP/s`,
      textAnchor: "end",
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
    Plot.text(entries, { x: "x", y: "y", text: "says", textAnchor: "start", dx: 10 }),
  ];
}
