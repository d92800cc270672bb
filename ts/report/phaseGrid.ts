import * as Plot from "@observablehq/plot";
import { PHASES, type Phase } from "../analysis/phase.js";
import { increasing, shortNumber, yLabel } from "./axes.js";
import { phaseKey } from "./key.js";
import { PHASE_COLOURS } from "./palette.js";
import { type Frame, figure } from "./svg.js";

export interface PhaseGrid extends Frame {
  readonly cells: readonly {
    readonly sigma: number;
    readonly learningRate: number;
    readonly phase: Phase;
  }[];
  /** Boundaries as curves `sigma(learningRate)`. */
  readonly predicted: readonly {
    readonly name: string;
    readonly sigma: (learningRate: number) => number;
  }[];
}

/** The phase of most seeds over (`sigma`, learning rate), with predicted boundaries. */
export function phaseGrid({ cells, predicted, ...frame }: PhaseGrid): string {
  const sigmas = increasing(cells.map(({ sigma }) => sigma));
  const rates = increasing(cells.map(({ learningRate }) => learningRate));
  const [width, height] = [stepOf(sigmas), stepOf(rates)];
  const shades = sigmas.flatMap((sigma) =>
    rates.map((rate) => {
      const here = cells.filter((c) => c.sigma === sigma && c.learningRate === rate);
      const count = (phase: Phase) => here.filter((cell) => cell.phase === phase).length;
      const phase = [...PHASES, "unclassified" as const].reduce((a, b) =>
        count(b) > count(a) ? b : a,
      );
      return {
        phase,
        x1: sigma / width,
        x2: sigma * width,
        y1: rate / height,
        y2: rate * height,
      };
    }),
  );
  const [left, right] = [sigmas[0] / width, sigmas[sigmas.length - 1] * width];
  const [bottom, top] = [rates[0] / height, rates[rates.length - 1] * height];
  const curves = predicted.flatMap(({ name, sigma }) =>
    Array.from({ length: 60 }, (_, i) => {
      const rate = bottom * (top / bottom) ** (i / 59);
      return { name, rate, sigma: sigma(rate) };
    }).filter((point) => point.sigma >= left && point.sigma <= right),
  );
  return figure(frame, [
    [
      {
        width: 640,
        height: 420,
        marginLeft: 60,
        marginRight: 20,
        marginTop: 62,
        marginBottom: 42,
        style: { background: "none" },
        x: {
          type: "log",
          domain: [left, right],
          label: "sigma, standard deviation of the noise",
          tickFormat: (x: number) => shortNumber(x),
        },
        y: { type: "log", domain: [bottom, top], label: null, tickFormat: shortNumber, ticks: 5 },
        marks: [
          Plot.rect(shades, {
            x1: "x1",
            x2: "x2",
            y1: "y1",
            y2: "y2",
            fill: (d: { phase: Phase }) => PHASE_COLOURS[d.phase],
            shapeRendering: "crispEdges",
          }),
          Plot.line(curves, {
            x: "sigma",
            y: "rate",
            z: "name",
            stroke: "#ffffff",
            strokeWidth: 3,
          }),
          Plot.line(curves, {
            x: "sigma",
            y: "rate",
            z: "name",
            stroke: "#1a1a1a",
            strokeDasharray: "5,3",
          }),
          ...phaseKey(
            shades.map(({ phase }) => phase),
            -54,
          ),
          Plot.text([`dashed, from the left: ${predicted.map(({ name }) => name).join(", ")}`], {
            frameAnchor: "top-right",
            lineAnchor: "bottom",
            dy: -8,
          }),
          yLabel("learning rate"),
        ],
      },
    ],
  ]);
}

/** Half the way to the neighbour, as a factor. */
function stepOf(values: readonly number[]): number {
  return values.length > 1 ? Math.sqrt(values[1] / values[0]) : 1.1;
}
