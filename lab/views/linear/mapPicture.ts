import { PHASE_COLOURS } from "../../../ts/report/palette.js";
import type { LinearBoundaries } from "../../../ts/theory/linearBoundaries.js";
import { MAP_RATES, MAP_SIGMAS } from "../../maths/linearSigmas.js";
import { CODES, everyNth, type PhaseMap } from "../../maths/phaseMap.js";

/** Pixels as the canvas keeps them: red in the lowest byte, as on every host that browsers run on. */
const PIXELS = CODES.map((phase) => {
  const [red, green, blue] = [1, 3, 5].map((at) =>
    Number.parseInt(PHASE_COLOURS[phase].slice(at, at + 2), 16),
  );
  return (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
});

/** Cells as squares; boundaries as lines with a seam, which is seen on every phase's colour. */
export function drawMap(
  canvas: HTMLCanvasElement,
  map: PhaseMap,
  lines: LinearBoundaries | null,
): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  drawCells(context, map);
  if (lines) for (const at of [lines.decay, lines.catapult, lines.divergent]) trace(context, at);
}

function drawCells(context: CanvasRenderingContext2D, { phases, stride }: PhaseMap): void {
  const [columns, rows] = [MAP_SIGMAS, MAP_RATES].map((all) => everyNth(all, stride).length);
  const picture = new ImageData(columns, rows);
  const pixels = new Uint32Array(picture.data.buffer);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      // The first row of cells, the smallest learning rate, lies at the bottom.
      pixels[(rows - 1 - row) * columns + column] = PIXELS[phases[row * columns + column]];
    }
  }
  const small = new OffscreenCanvas(columns, rows);
  small.getContext("2d")?.putImageData(picture, 0, 0);
  const { width, height } = context.canvas;
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, width, height);
}

/** Where `sigma = at / sqrt(rate)` lies. */
function trace(context: CanvasRenderingContext2D, at: number): void {
  const { width, height } = context.canvas;
  context.beginPath();
  for (const [i, rate] of MAP_RATES.entries()) {
    const x = width * along(at / Math.sqrt(rate), MAP_SIGMAS);
    const y = height * (1 - along(rate, MAP_RATES));
    if (i === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  }
  for (const [lineWidth, strokeStyle] of [
    [5, "#ffffff"],
    [2, "#16181d"],
  ] as const) {
    Object.assign(context, { lineWidth, strokeStyle });
    context.stroke();
  }
}

/** How far a value lies along a logarithmic axis, from 0 to 1. */
function along(value: number, values: readonly number[]): number {
  return Math.log(value / values[0]) / Math.log(values[values.length - 1] / values[0]);
}
