import * as Plot from "@observablehq/plot";
import type { BoundaryName } from "../analysis/boundaries.js";
import { PHASES, type Phase } from "../analysis/phase.js";
import { increasing, logEdge, shortNumber, yLabel } from "./axes.js";
import { phaseKey, wordsWidth } from "./key.js";
import { ON_PHASE, PHASE_COLOURS } from "./palette.js";
import { type Frame, figure } from "./svg.js";

/** The runs of one panel and their boundaries. */
export interface PhaseMapPanel {
  readonly heading?: string;
  readonly runs: readonly { readonly sigma: number; readonly phase: Phase }[];
  readonly boundaries: Readonly<
    Record<BoundaryName, { readonly predicted: number | null; readonly measured: number | null }>
  >;
}

export interface PhaseMap extends Frame {
  /** From the top down. */
  readonly panels: readonly PhaseMapPanel[];
}

const WIDTH = 760;
const MARGINS = { left: 56, right: 20, bottom: 42 };

/** Fraction of the seeds in each phase against `sigma`, with predicted and measured boundaries. */
export function phaseMap({ panels, ...frame }: PhaseMap): string {
  const height = panels.length > 1 ? 250 : 300;
  return figure(
    frame,
    panels.map((panel) => [phasePanel(panel, WIDTH, height)]),
  );
}

const ORDER: readonly Phase[] = [...PHASES, "unclassified"];

interface Cell {
  readonly phase: Phase;
  readonly x1: number;
  readonly x2: number;
  readonly y1: number;
  readonly y2: number;
}

function phasePanel(
  { heading, runs, boundaries }: PhaseMapPanel,
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
  const [from, to] = domain(sigmas);
  const top = 46 + (heading ? 18 : 0);
  const drawn = {
    width: (width - MARGINS.left - MARGINS.right) / Math.log(to / from),
    height: height - top - MARGINS.bottom,
  };
  const lines = [...predicted, ...measured].map(({ sigma }) => sigma);
  const names = present.flatMap((phase) => {
    const place = placeFor(phase, cells, drawn, lines);
    return place ? [{ phase, ...place }] : [];
  });
  const unnamed = present.filter((phase) => !names.some((name) => name.phase === phase));
  return {
    width,
    height,
    marginLeft: MARGINS.left,
    marginRight: MARGINS.right,
    marginTop: top,
    marginBottom: MARGINS.bottom,
    style: { background: "none" },
    x: {
      type: "log",
      label: "sigma, standard deviation of the noise",
      domain: [from, to],
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
      Plot.text(names, {
        x: "x",
        y: "y",
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
      ...phaseKey(unnamed, -42),
      ...(heading
        ? [
            Plot.text([heading], {
              frameAnchor: "top-right",
              lineAnchor: "bottom",
              dy: -40,
              fontWeight: 600,
            }),
          ]
        : []),
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

/** A line of words, with a gap on either side. */
const WORDS_HEIGHT = 16;

/** The middle of the cell of a phase that has most room for its name, upright and clear of lines; null if none has any. */
function placeFor(
  phase: Phase,
  cells: readonly Cell[],
  drawn: { readonly width: number; readonly height: number },
  lines: readonly number[],
): { readonly x: number; readonly y: number } | null {
  const words = wordsWidth(phase);
  let [best, room]: [Cell | null, number] = [null, 0];
  for (const cell of merged(cells.filter((own) => own.phase === phase))) {
    if ((cell.y2 - cell.y1) * drawn.height < words) continue;
    const middle = Math.sqrt(cell.x1 * cell.x2);
    const clear = Math.min(
      (Math.log(cell.x2 / cell.x1) * drawn.width) / 2,
      ...lines.map((line) => Math.abs(Math.log(line / middle)) * drawn.width),
    );
    if (clear > room) [best, room] = [cell, clear];
  }
  if (!best || room < WORDS_HEIGHT / 2) return null;
  return { x: Math.sqrt(best.x1 * best.x2), y: (best.y1 + best.y2) / 2 };
}

/** The cells, and those that neighbours of one height make together. */
function merged(cells: readonly Cell[]): Cell[] {
  const wide: Cell[] = [];
  for (const cell of cells) {
    const last = wide.at(-1);
    if (last && last.x2 === cell.x1 && last.y1 === cell.y1 && last.y2 === cell.y2) {
      wide[wide.length - 1] = { ...last, x2: cell.x2 };
    } else wide.push(cell);
  }
  return [...wide, ...cells];
}

function domain(sigmas: readonly number[]): [number, number] {
  return sigmas.length === 0 ? [0.1, 10] : [logEdge(sigmas, 0), logEdge(sigmas, sigmas.length)];
}
