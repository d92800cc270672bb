import * as Plot from "@observablehq/plot";
import type { Calibration } from "../analysis/calibration.js";
import { largest, least } from "../analysis/extremes.js";
import { shortNumber, yLabel } from "./axes.js";
import { CURVE_COLOURS } from "./palette.js";
import { type Frame, figure } from "./svg.js";

/** A reading, its standard error (NaN: unknown) and what was measured directly. */
export interface ReadPoint {
  readonly direct: number;
  readonly reading: number;
  readonly error: number;
}

export interface CalibrationFigure extends Frame {
  readonly panels: readonly {
    readonly heading: string;
    readonly points: readonly ReadPoint[];
    readonly calibration: Pick<Calibration, "slope" | "slopeError" | "rSquared">;
  }[];
}

/** Readings against directly measured curvature, with two standard errors: on the diagonal where they are right. */
export function calibrationScatter({ panels, ...frame }: CalibrationFigure): string {
  return figure(
    frame,
    rowsOf(
      panels.map(({ heading, points, calibration: { slope, slopeError, rSquared } }) => {
        const known = points.filter((p) => Number.isFinite(p.direct) && Number.isFinite(p.reading));
        const [low, high] = span(known);
        const barred = known.filter(({ error }) => error > 0);
        const found = `slope ${shortNumber(slope)} ± ${shortNumber(slopeError)}, R² ${shortNumber(rSquared)}`;
        return {
          width: 360,
          height: 392,
          marginLeft: 60,
          marginRight: 20,
          marginTop: 70,
          marginBottom: 42,
          style: { background: "none" },
          x: {
            label: "curvature measured directly",
            domain: [low, high],
            ticks: 4,
            tickFormat: shortNumber,
          },
          y: { label: null, domain: [low, high], ticks: 5, tickFormat: shortNumber, clamp: true },
          marks: [
            Plot.frame({ stroke: "var(--rule)" }),
            Plot.link([{ low, high }], {
              x1: "low",
              y1: "low",
              x2: "high",
              y2: "high",
              stroke: "currentColor",
              strokeDasharray: "5,3",
            }),
            Plot.ruleX(barred, {
              x: "direct",
              y1: (d: ReadPoint) => Math.max(low, d.reading - 2 * d.error),
              y2: (d: ReadPoint) => Math.min(high, d.reading + 2 * d.error),
              stroke: CURVE_COLOURS.loss,
            }),
            Plot.dot(known, { x: "direct", y: "reading", r: 3.5, fill: CURVE_COLOURS.loss }),
            Plot.text([heading], { frameAnchor: "top-left", dx: -46, dy: -62, fontWeight: 600 }),
            Plot.text([`${found}; dashed: equal`], { frameAnchor: "top-left", dx: -46, dy: -43 }),
            yLabel("curvature read"),
          ],
        } satisfies Plot.PlotOptions;
      }),
    ),
  );
}

/** Two panels a row. */
function rowsOf(panels: readonly Plot.PlotOptions[]): Plot.PlotOptions[][] {
  const rows: Plot.PlotOptions[][] = [];
  for (let i = 0; i < panels.length; i += 2) rows.push(panels.slice(i, i + 2));
  return rows;
}

/** From 0, or the lowest value below it, with a little air; bars may be cut off, values are not. */
function span(points: readonly ReadPoint[]): [number, number] {
  const values = points.flatMap(({ direct, reading }) => [direct, reading]);
  const [low, high] = [Math.min(0, least(values)), Math.max(0, largest(values))];
  const air = 0.06 * (high - low) || 1;
  return [low < 0 ? low - air : 0, high + air];
}
