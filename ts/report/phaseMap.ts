import * as Plot from "@observablehq/plot";
import type { BoundaryName } from "../analysis/boundaries.js";
import { PHASES, type Phase } from "../analysis/phase.js";
import { increasing, logEdge, shortNumber, yLabel } from "./axes.js";
import { ON_PHASE, PHASE_COLOURS } from "./palette.js";
import { type Frame, figure } from "./svg.js";

export interface PhaseMap extends Frame {
  readonly runs: readonly { readonly sigma: number; readonly phase: Phase }[];
  readonly boundaries: Readonly<
    Record<BoundaryName, { readonly predicted: number | null; readonly measured: number | null }>
  >;
}

/** Fraction of the seeds in each phase against `sigma`, with predicted and measured boundaries. */
export function phaseMap({ runs, boundaries, ...frame }: PhaseMap): string {
  return figure(frame, [[phasePanel(runs, boundaries, 760, 300)]]);
}

const ORDER: readonly Phase[] = [...PHASES, "unclassified"];

/** One panel of it, to stand with others. */
export function phasePanel(
  runs: PhaseMap["runs"],
  boundaries: PhaseMap["boundaries"],
  width: number,
  height: number,
): Plot.PlotOptions {
  const positive = runs.filter(({ sigma }) => sigma > 0);
  const sigmas = increasing(positive.map(({ sigma }) => sigma));
  const cells = sigmas.flatMap((sigma, i) => {
    const here = positive.filter((run) => run.sigma === sigma);
    let below = 0;
    return ORDER.map((phase) => {
      const share = here.filter((run) => run.phase === phase).length / here.length;
      below += share;
      return {
        phase,
        x1: logEdge(sigmas, i),
        x2: logEdge(sigmas, i + 1),
        y1: below - share,
        y2: below,
      };
    }).filter(({ y1, y2 }) => y2 > y1);
  });
  const rules = (kind: "predicted" | "measured") =>
    Object.values(boundaries).flatMap(({ [kind]: sigma }) => (sigma === null ? [] : [{ sigma }]));
  const [predicted, measured] = [rules("predicted"), rules("measured")];
  const listed = (kind: "predicted" | "measured") =>
    Object.entries(boundaries)
      .flatMap(([name, { [kind]: sigma }]) =>
        sigma === null ? [] : [`${name} ${shortNumber(sigma)}`],
      )
      .join(", ");
  const key = [
    ...(measured.length > 0 ? [`solid: measured, ${listed("measured")}`] : []),
    ...(predicted.length > 0 ? [`dashed: predicted, ${listed("predicted")}`] : []),
  ];
  const present = ORDER.filter((phase) => runs.some((run) => run.phase === phase));
  const middles = present.map((phase) => {
    const own = cells.filter((cell) => cell.phase === phase);
    const largest = own.filter((cell) => cell.y2 - cell.y1 >= 0.5);
    const some = largest.length > 0 ? largest : own;
    const middle = some[Math.floor(some.length / 2)];
    return { phase, x: middle ? Math.sqrt(middle.x1 * middle.x2) : Number.NaN };
  });
  return {
    width,
    height,
    marginLeft: 56,
    marginRight: 20,
    marginTop: 46,
    marginBottom: 42,
    style: { background: "none" },
    x: {
      type: "log",
      label: "sigma, standard deviation of the noise",
      domain: domain(sigmas),
      tickFormat: (x: number) => shortNumber(x),
    },
    y: { label: null, domain: [0, 1], ticks: 5 },
    color: { domain: [...ORDER], range: ORDER.map((phase) => PHASE_COLOURS[phase]) },
    marks: [
      Plot.rect(cells, {
        x1: "x1",
        x2: "x2",
        y1: "y1",
        y2: "y2",
        fill: "phase",
        shapeRendering: "crispEdges",
      }),
      Plot.text(middles, {
        x: "x",
        y: 0.5,
        text: "phase",
        fill: (d: { phase: Phase }) => ON_PHASE[d.phase],
        fontWeight: 600,
        rotate: -90,
      }),
      // A pale edge keeps the lines visible on the darkest phase.
      Plot.ruleX([...measured, ...predicted], { x: "sigma", stroke: "#ffffff", strokeWidth: 3 }),
      Plot.ruleX(measured, { x: "sigma", stroke: "#1a1a1a", strokeWidth: 1.5 }),
      Plot.ruleX(predicted, {
        x: "sigma",
        stroke: "#1a1a1a",
        strokeWidth: 1.5,
        strokeDasharray: "5,3",
      }),
      yLabel("fraction of seeds"),
      ...key.map((text, i) =>
        Plot.text([text], {
          frameAnchor: "top-right",
          lineAnchor: "bottom",
          dy: -7 - 15 * (key.length - 1 - i),
        }),
      ),
    ],
  };
}

function domain(sigmas: readonly number[]): [number, number] {
  return sigmas.length === 0 ? [0.1, 10] : [logEdge(sigmas, 0), logEdge(sigmas, sigmas.length)];
}
