import * as Plot from "@observablehq/plot";
import type { Accuracy, NetworkRobustness } from "../robustness/robustnessResult.js";
import { middleSeverity } from "../robustness/settings.js";
import { yLabel } from "./axes.js";
import { wordsWidth } from "./key.js";
import { CURVE_COLOURS } from "./palette.js";
import { type Frame, figure } from "./svg.js";

export interface RobustnessFigure extends Frame {
  readonly networks: readonly NetworkRobustness[];
}

type Measured = Pick<NetworkRobustness, "name" | "clean" | "severities" | "attacks">;

const COLOURS = [
  CURVE_COLOURS.unperturbedLoss,
  CURVE_COLOURS.loss,
  CURVE_COLOURS.testLoss,
  CURVE_COLOURS.niwNorm,
  CURVE_COLOURS.memory,
  CURVE_COLOURS.aside,
];
/** Networks of the same colour differ in these: dashes of curves and points of scatters, and the key's words for them. */
const DASHES = ["none", "6,4", "2,3"];
const SYMBOLS = ["circle", "diamond", "triangle"] as const;
const KEYS = ["—", "- -◆", "··▲"];

const WIDTH = 380;
const PANEL = {
  width: WIDTH,
  height: 300,
  marginLeft: 60,
  marginRight: 22,
  marginBottom: 42,
  style: { background: "none" },
} as const;
/** From one line of the key to the next. */
const KEY_LINE = 16;

interface Point {
  readonly x: number;
  readonly accuracy: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Accuracy against the severity of the corruptions and against the epsilon of PGD, and the accuracy that is left against
 * the clean one, for each network.
 */
export function robustnessFigure({ networks, ...frame }: RobustnessFigure): string {
  const keys = keyOf(networks);
  const attacked = networks.some((network) => curve(network, "pgd").length > 1);
  const corrupted = networks[0].severities.length > 0;
  const rows: Plot.PlotOptions[][] = [];
  // The first row carries the key.
  if (corrupted || !attacked) {
    const left = corrupted ? [cleanAgainstRobust(networks, keys)] : [];
    rows.push([bySeverity(networks, keys), ...left]);
  }
  if (attacked) {
    const own = corrupted ? NO_KEY : keys;
    rows.push([byEpsilon(networks, own), cleanAgainstAttacked(networks, own)]);
  }
  return figure(frame, rows);
}

function bySeverity(networks: readonly Measured[], keys: Key): Plot.PlotOptions {
  const curves = networks.map((network) => curve(network, "corruptions"));
  return {
    ...curvesPanel(curves, keys, "severity of the corruptions; 0: clean"),
    marks: [...curveMarks(curves), yLabel("accuracy, mean over the corruptions"), ...keys.marks],
  };
}

function byEpsilon(networks: readonly Measured[], keys: Key): Plot.PlotOptions {
  const curves = networks.map((network) => curve(network, "pgd"));
  return {
    ...curvesPanel(curves, keys, "epsilon, largest change of a pixel"),
    marks: [...curveMarks(curves), yLabel("accuracy under PGD"), ...keys.marks],
  };
}

/** The accuracy that is left at the middle severity. */
function cleanAgainstRobust(networks: readonly Measured[], keys: Key): Plot.PlotOptions {
  const middle = middleSeverity(networks[0].severities.map(({ severity }) => severity));
  const robust = networks.map(({ severities }) =>
    severities.find(({ severity }) => severity === middle),
  );
  return scatter(networks, robust, keys, `accuracy at severity ${middle}`);
}

/** The accuracy that is left at the epsilon that costs the first network half of its own, or next to that. */
function cleanAgainstAttacked(networks: readonly Measured[], keys: Key): Plot.PlotOptions {
  const under = (network: Measured) =>
    network.attacks.filter(({ name, epsilon }) => name === "pgd" && epsilon > 0);
  const [first] = networks;
  const off = ({ accuracy }: Accuracy) => Math.abs(accuracy - first.clean.accuracy / 2);
  const { epsilon } = under(first).reduce((a, b) => (off(b) < off(a) ? b : a));
  const robust = networks.map((network) => under(network).find((one) => one.epsilon === epsilon));
  return scatter(networks, robust, keys, `accuracy under PGD at epsilon ${epsilon}`);
}

function scatter(
  networks: readonly Measured[],
  robust: readonly (Accuracy | undefined)[],
  keys: Key,
  label: string,
): Plot.PlotOptions {
  const points = networks.flatMap(({ clean }, i) => {
    const left = robust[i];
    const symbol = SYMBOLS[cycleOf(i)];
    return left ? [{ clean, left, symbol, colour: colourOf(i) }] : [];
  });
  return {
    ...PANEL,
    marginTop: 40 + keys.height,
    height: PANEL.height + keys.height,
    x: { label: "clean accuracy", ticks: 4, nice: true, inset: 12, tickFormat: short },
    y: { label: null, ticks: 5, nice: true, inset: 12, tickFormat: short },
    marks: [
      Plot.frame({ stroke: "var(--rule)" }),
      ...points.flatMap(({ clean, left, symbol, colour }) => [
        Plot.ruleX([left], { x: () => clean.accuracy, y1: "low", y2: "high", stroke: colour }),
        Plot.ruleY([clean], { y: () => left.accuracy, x1: "low", x2: "high", stroke: colour }),
        Plot.dot([left], { x: () => clean.accuracy, y: "accuracy", r: 4.5, symbol, fill: colour }),
      ]),
      yLabel(label),
    ],
  };
}

function curvesPanel(
  curves: readonly (readonly Point[])[],
  keys: Key,
  label: string,
): Plot.PlotOptions {
  const places = [...new Set(curves.flat().map(({ x }) => x))].sort((a, b) => a - b);
  return {
    ...PANEL,
    marginTop: 40 + keys.height,
    height: PANEL.height + keys.height,
    x: { label, ticks: places.length > 6 ? 6 : undefined, tickFormat: short },
    y: { label: null, domain: [0, 1], ticks: 5 },
  };
}

function curveMarks(curves: readonly (readonly Point[])[]): Plot.Markish[] {
  return [
    Plot.frame({ stroke: "var(--rule)" }),
    ...curves.flatMap((points, i) => [
      Plot.ruleX(points, {
        x: "x",
        y1: "low",
        y2: "high",
        stroke: colourOf(i),
        strokeOpacity: 0.6,
      }),
      Plot.line(points, {
        x: "x",
        y: "accuracy",
        stroke: colourOf(i),
        strokeWidth: 1.8,
        strokeDasharray: DASHES[cycleOf(i)],
      }),
      Plot.dot(points, { x: "x", y: "accuracy", r: 2.5, fill: colourOf(i) }),
    ]),
  ];
}

/** A curve from the clean accuracy on. */
function curve(
  { clean, severities, attacks }: Measured,
  of: "corruptions" | "pgd",
): readonly Point[] {
  const point = (x: number, { accuracy, low, high }: Accuracy): Point => ({
    ...{ x, accuracy },
    low: Number.isFinite(low) ? low : accuracy,
    high: Number.isFinite(high) ? high : accuracy,
  });
  if (of === "corruptions") {
    return [point(0, clean), ...severities.map((one) => point(one.severity, one))];
  }
  const own = attacks.filter(({ name, epsilon }) => name === "pgd" && epsilon > 0);
  return [point(0, clean), ...own.map((one) => point(one.epsilon, one))];
}

interface Key {
  readonly marks: Plot.Markish[];
  readonly height: number;
}

const NO_KEY: Key = { marks: [], height: 0 };

/** The networks' names in their colours, in lines over the first panel and the one beside it. */
function keyOf(networks: readonly Measured[]): Key {
  const widest = 2 * WIDTH - 40;
  let [dx, line] = [0, 0];
  const places = networks.map(({ name }, i) => {
    const text = `${KEYS[cycleOf(i)]} ${name}`;
    const width = wordsWidth(text) + 10;
    if (dx > 0 && dx + width > widest) [dx, line] = [0, line + 1];
    const place = { text, dx: dx - 46, line, fill: colourOf(i) };
    dx += width;
    return place;
  });
  const height = (line + 1) * KEY_LINE;
  const marks = places.map(({ text, dx: x, line: at, fill }) =>
    Plot.text([text], {
      ...{ frameAnchor: "top-left", textAnchor: "start", fill, fontWeight: 600 },
      ...{ dx: x, dy: -34 - height + (at + 1) * KEY_LINE },
    } as Plot.TextOptions),
  );
  return { marks, height };
}

/** How often the colours were used up before this network. */
function cycleOf(i: number): number {
  return Math.floor(i / COLOURS.length) % DASHES.length;
}

function colourOf(i: number): string {
  return COLOURS[i % COLOURS.length];
}

function short(x: number): string {
  return String(Number(x.toPrecision(3)));
}
