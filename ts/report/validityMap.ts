import * as Plot from "@observablehq/plot";
import { increasing, logEdge, shortNumber, yLabel } from "./axes.js";
import { squareKey } from "./key.js";
import { type Frame, figure } from "./svg.js";

export interface ValidityMap extends Frame {
  /** One for each distribution of the noise. */
  readonly panels: readonly {
    readonly heading: string;
    readonly cells: readonly {
      readonly sigma: number;
      readonly epoch: number;
      /** What the expansion misses of the exact gradient, relative to it. */
      readonly error: number;
    }[];
  }[];
}

/** Upper ends of the classes; light to dark, so that grey keeps their order. */
const CLASSES: readonly (readonly [number, string])[] = [
  [0.01, "#eef4fb"],
  [0.03, "#bcd9ee"],
  [0.1, "#7fb5db"],
  [0.3, "#3f86bd"],
  [1, "#1c578f"],
  [Number.POSITIVE_INFINITY, "#0a2744"],
];

/** Where, in `sigma` and time, the expansion to second order holds: the error of one step's gradient, in classes. */
export function validityMap({ panels, ...frame }: ValidityMap): string {
  const entries = CLASSES.map(([below, colour], i) => {
    const from = shortNumber(CLASSES[i - 1]?.[0] ?? 0);
    if (i === 0) return [`below ${below}`, colour] as const;
    return [Number.isFinite(below) ? `${from} to ${below}` : `over ${from}`, colour] as const;
  });
  const keyed: Plot.Markish[] = [
    Plot.text(["relative error of a step's gradient to second order"], {
      frameAnchor: "top-left",
      textAnchor: "start",
      dx: -46,
      dy: -92,
    }),
    ...squareKey(entries, -72),
  ];
  const width = panels.length === 1 ? 720 : Math.max(360, 720 / panels.length);
  return figure(frame, [
    panels.map(({ heading, cells }, i) => ({
      width,
      height: 420,
      marginLeft: 60,
      marginRight: 20,
      marginTop: 102,
      marginBottom: 42,
      style: { background: "none" },
      x: {
        type: "log",
        label: "sigma, standard deviation",
        tickFormat: shortNumber,
        ticks: panels.length === 1 ? undefined : 4,
      },
      // The first steps, where a catapult is, lie close together.
      y: { type: "sqrt", label: null, ticks: 6, tickFormat: shortNumber },
      marks: [
        Plot.rect(rectangles(cells), {
          x1: "x1",
          x2: "x2",
          y1: "y1",
          y2: "y2",
          fill: "fill",
          shapeRendering: "crispEdges",
        }),
        Plot.frame({ stroke: "var(--rule)" }),
        ...(i === 0 ? keyed : []),
        Plot.text([heading], { frameAnchor: "top-left", dx: -46, dy: -44, fontWeight: 600 }),
        yLabel("epoch, on a square-root scale"),
      ],
    })),
  ]);
}

function rectangles(cells: ValidityMap["panels"][number]["cells"]) {
  const known = cells.filter(({ sigma, error }) => sigma > 0 && Number.isFinite(error));
  const sigmas = increasing(known.map(({ sigma }) => sigma));
  const epochs = increasing(known.map(({ epoch }) => epoch));
  return known.map(({ sigma, epoch, error }) => {
    const [i, j] = [sigmas.indexOf(sigma), epochs.indexOf(epoch)];
    return {
      x1: logEdge(sigmas, i),
      x2: logEdge(sigmas, i + 1),
      y1: epochEdge(epochs, j),
      y2: epochEdge(epochs, j + 1),
      fill: CLASSES.find(([below]) => error < below)?.[1],
    };
  });
}

/** Half-way between neighbours; a run begins at its first moment and ends at its last. */
function epochEdge(epochs: readonly number[], i: number): number {
  if (i === 0) return epochs[0];
  if (i === epochs.length) return epochs[i - 1] + (epochs.length > 1 ? 0 : 1);
  return (epochs[i - 1] + epochs[i]) / 2;
}
