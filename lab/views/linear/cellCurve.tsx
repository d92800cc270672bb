import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { CURVES } from "../../../ts/report/palette.js";
import type { LinearCurve } from "../../maths/linearSigmas.js";
import { short } from "../../maths/short.js";
import type { MapSpec } from "../../state/labState.js";
import { dark, told } from "../session.js";
import { helper } from "../workers.js";

/** Milliseconds that the pointer must rest on a cell before its curve is computed. */
const REST = 80;
const [WIDTH, HEIGHT] = [260, 72];
/** Decades above and below a curve's start that are shown. */
const DECADES = 4;

/** The curve that was asked for last, and what it belongs to. */
const known = signal<{ readonly key: string; readonly curve: LinearCurve } | null>(null);

interface CellCurveProps {
  readonly model: MapSpec;
  readonly sigma: number;
  readonly learningRate: number;
}

/** The loss and the noise weight of the cell under the pointer, over its steps. */
export function CellCurve({ model, sigma, learningRate }: CellCurveProps) {
  const key = JSON.stringify([model, sigma, learningRate]);
  useEffect(() => {
    if (known.peek()?.key === key) return;
    let alive = true;
    const timer = setTimeout(() => {
      helper()
        .curve(model, sigma, learningRate)
        .then((curve) => {
          if (alive) known.value = { key, curve };
        }, told);
    }, REST);
    return () => {
      alive = false;
      clearTimeout(timer);
    };
  }, [key]);
  const found = known.value?.key === key ? known.value.curve : null;
  const { steps } = model;
  const scheme = dark.value ? "dark" : "light";
  const [loss, niwNorm] = [CURVES.loss[scheme], CURVES.niwNorm[scheme]];
  return (
    <figure class="cell-curve" data-testid="cell-curve">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={found ? described(found) : "The curves of this cell are being computed."}
      >
        <line class="start" x1={0} x2={WIDTH} y1={HEIGHT / 2} y2={HEIGHT / 2} />
        {found && <path d={path(found.loss, steps)} style={{ stroke: loss }} />}
        {found && <path d={path(found.effectiveNiw, steps)} style={{ stroke: niwNorm }} />}
      </svg>
      <figcaption>
        <b style={{ color: loss }}>Loss</b> and <b style={{ color: niwNorm }}>noise weight</b> over{" "}
        {steps} steps, {DECADES} decades either way of their start.
      </figcaption>
    </figure>
  );
}

function path(values: Float64Array, steps: number): string {
  let text = "";
  for (let i = 0; i < values.length; i++) {
    const decades = Math.log10(values[i] / values[0]);
    // NaN: the loss has left the numbers.
    const shown = Math.min(DECADES, Math.max(-DECADES, Number.isNaN(decades) ? DECADES : decades));
    const x = (WIDTH * i) / Math.max(1, steps - 1);
    const y = (HEIGHT / 2) * (1 - shown / DECADES);
    text += `${i === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`;
    if (shown === DECADES) break;
  }
  return text;
}

function described({ loss, effectiveNiw }: LinearCurve): string {
  const of = (values: Float64Array) =>
    `${short(values[0])} at the start, ${short(values.reduce((a, b) => Math.max(a, b), 0))} at most, ${short(values[values.length - 1])} at the end`;
  return `Loss: ${of(loss)}. Noise weight: ${of(effectiveNiw)}.`;
}
