import * as Plot from "@observablehq/plot";
import { shortNumber, yLabel } from "./axes.js";
import { key } from "./key.js";
import { CURVE_COLOURS } from "./palette.js";
import { curvatures, type ProbedRun } from "./probeCurves.js";
import { type Frame, figure } from "./svg.js";

export interface BystanderCurves extends Frame {
  readonly moments: ProbedRun["moments"];
  /** Training loss without noise: of the run that was looked at, and of the run alone. */
  readonly losses: readonly {
    readonly epoch: number;
    readonly watched: number;
    readonly alone: number;
  }[];
}

const { loss: WATCHED, unperturbedLoss: ALONE } = CURVE_COLOURS;

/** The curvature's trace in time, over the loss with those who looked on and without. */
export function bystanderCurves({ moments, losses, ...frame }: BystanderCurves): string {
  return figure(frame, [
    [{ ...curvatures({ moments }), width: 640, height: 300 }],
    [
      {
        width: 640,
        height: 270,
        marginLeft: 60,
        marginRight: 16,
        marginTop: 72,
        marginBottom: 36,
        style: { background: "none" },
        x: { label: "epoch" },
        y: { type: "log", label: null, ticks: 4, tickFormat: shortNumber },
        marks: [
          Plot.line(losses, { x: "epoch", y: "watched", stroke: WATCHED, strokeWidth: 1.6 }),
          Plot.line(losses, { x: "epoch", y: "alone", stroke: ALONE, strokeDasharray: "5,3" }),
          ...key(
            [
              ["— with the nodes", WATCHED],
              ["- - alone", ALONE],
            ],
            -43,
          ),
          yLabel("training loss without noise"),
        ],
      },
    ],
  ]);
}
