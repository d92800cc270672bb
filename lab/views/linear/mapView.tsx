import { signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { PHASES } from "../../../ts/analysis/phase.js";
import { PHASE_COLOURS } from "../../../ts/report/palette.js";
import type { LinearBoundaries } from "../../../ts/theory/linearBoundaries.js";
import { MAP_RATES, MAP_SIGMAS, type MapCell } from "../../maths/linearSigmas.js";
import { short } from "../../maths/short.js";
import { linearCell } from "../../state/defaults.js";
import type { MapSpec } from "../../state/labState.js";
import { embedded } from "../embedded.js";
import { PhaseBadge } from "../phaseBadge.js";
import { change, helpers, hidden, state, told } from "../session.js";
import { ExportMap } from "./exportLinear.js";

const cells = signal<readonly MapCell[]>([]);
const bounds = signal<LinearBoundaries | null>(null);
/** The map that `cells` shows, or that is being computed. */
let asked: string | null = null;
const busy = signal(false);

const [COLUMNS, ROWS] = [MAP_SIGMAS.length, MAP_RATES.length];

async function compute(model: MapSpec): Promise<void> {
  const key = JSON.stringify(model);
  asked = key;
  busy.value = true;
  const share = Math.ceil(ROWS / helpers.length);
  const parts = helpers.map((helper, i) =>
    helper.mapRows(model, MAP_RATES.slice(i * share, (i + 1) * share)),
  );
  const [found, ...rows] = await Promise.all([helpers[0].mapBoundaries(model), ...parts]);
  if (asked !== key) return;
  bounds.value = found;
  cells.value = rows.flat();
  busy.value = false;
}

/** The linear model's phases over `sigma` and learning rate. */
export function MapView() {
  const { map } = state.value;
  const canvas = useRef<HTMLCanvasElement>(null);
  const place = useSignal<readonly [number, number]>([
    Math.floor(COLUMNS / 2),
    Math.floor(ROWS / 2),
  ]);
  const key = JSON.stringify(map);
  const isHidden = hidden.value;
  useEffect(() => {
    if (asked !== key && !isHidden) compute(map).catch(told);
  }, [key, isHidden]);
  const shown = cells.value;
  useEffect(() => {
    if (canvas.current && shown.length > 0) draw(canvas.current, shown, bounds.value);
  }, [shown]);
  const [column, row] = place.value;
  const cell = shown[row * COLUMNS + column];
  const [sigma, rate] = [MAP_SIGMAS[column], MAP_RATES[row]].map((value) =>
    Number(value.toPrecision(3)),
  );
  const run = () => change({ panel: "run", experiment: linearCell(map, map.seed, sigma, rate) });
  const point = (event: PointerEvent | MouseEvent) => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    place.value = [
      clamp(Math.floor(((event.clientX - box.left) / box.width) * COLUMNS), COLUMNS),
      clamp(ROWS - 1 - Math.floor(((event.clientY - box.top) / box.height) * ROWS), ROWS),
    ];
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const moves: Record<string, readonly [number, number]> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, 1],
      ArrowDown: [0, -1],
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    place.value = [clamp(column + move[0], COLUMNS), clamp(row + move[1], ROWS)];
  };
  return (
    <section aria-label="Phase map of the linear model">
      <h2>The linear model over noise and learning rate</h2>
      <p>
        {COLUMNS * ROWS} runs by the exact recursion, which share their data and their noise. The
        lines are the theory’s boundaries for wide networks. Click a place, or press Enter, to train
        it as a network.
      </p>
      <p class="verdict" aria-live="polite" data-testid="cell">
        {cell ? (
          <>
            <PhaseBadge phase={cell.phase} /> <var>σ</var> = {short(sigma)}, <var>η</var> ={" "}
            {short(rate)}, <var>κ</var> = {short(cell.kappa)}: loss {short(cell.lossStart)} at the
            start, {short(cell.lossMax)} at most, {short(cell.lossEnd)} at the end.
          </>
        ) : (
          "The map is being computed."
        )}
      </p>
      <div class={busy.value ? "map busy" : "map"}>
        <span class="map-y" aria-hidden="true">
          learning rate η, {short(MAP_RATES[0])} to {short(MAP_RATES[ROWS - 1])}
        </span>
        <button
          type="button"
          class="map-plane"
          aria-label="Phase map. The arrow keys move between cells, Enter trains the cell."
          onKeyDown={onKeyDown}
          onPointerMove={point}
          onClick={(event) => {
            // A key's click has no place; a touch first shows the numbers.
            if (event.detail > 0) point(event);
            if ((event as unknown as PointerEvent).pointerType !== "touch") run();
          }}
        >
          <canvas ref={canvas} width={COLUMNS * 8} height={ROWS * 8} />
          <span
            class="cross"
            style={{
              left: `${(100 * (column + 0.5)) / COLUMNS}%`,
              top: `${(100 * (ROWS - row - 0.5)) / ROWS}%`,
            }}
          />
        </button>
        <span class="map-x" aria-hidden="true">
          noise σ, {short(MAP_SIGMAS[0])} to {short(MAP_SIGMAS[COLUMNS - 1])}
        </span>
      </div>
      <button type="button" class="primary" disabled={!cell} onClick={run}>
        Train this cell as a network
      </button>
      <ul class="key">
        {PHASES.map((phase) => (
          <li key={phase}>
            <PhaseBadge phase={phase} />
          </li>
        ))}
      </ul>
      {!embedded && <ExportMap model={map} cells={shown} atOne={bounds.value} />}
      <div class="controls">
        <fieldset>
          <legend>The model</legend>
          <MapSlider name="width" label="Hidden units" from={10} to={400} />
          <MapSlider name="samples" label="Samples" from={10} to={400} />
          <MapSlider name="steps" label="Steps" from={20} to={400} />
          <MapSlider name="seed" label="Seed" from={0} to={50} />
        </fieldset>
      </div>
    </section>
  );
}

function clamp(value: number, count: number): number {
  return Math.min(count - 1, Math.max(0, value));
}

interface MapSliderProps {
  readonly name: keyof MapSpec;
  readonly label: string;
  readonly from: number;
  readonly to: number;
}

function MapSlider({ name, label, from, to }: MapSliderProps) {
  const { map } = state.value;
  return (
    <label class="field">
      <span>
        {label} <b>{map[name]}</b>
      </span>
      <input
        type="range"
        min={from}
        max={Math.max(to, map[name])}
        value={map[name]}
        onInput={(event) => change({ map: { ...map, [name]: Number(event.currentTarget.value) } })}
      />
    </label>
  );
}

/** Cells as squares; boundaries as lines with a seam, which is seen on every phase's colour. */
function draw(
  canvas: HTMLCanvasElement,
  shown: readonly MapCell[],
  lines: LinearBoundaries | null,
): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const [width, height] = [canvas.width, canvas.height];
  const [w, h] = [width / COLUMNS, height / ROWS];
  for (const [i, { phase }] of shown.entries()) {
    context.fillStyle = PHASE_COLOURS[phase];
    context.fillRect((i % COLUMNS) * w, height - (Math.floor(i / COLUMNS) + 1) * h, w, h);
  }
  if (!lines) return;
  const span = (values: readonly number[]) => [values[0], values[values.length - 1]] as const;
  const along = (value: number, [low, high]: readonly [number, number]) =>
    Math.log(value / low) / Math.log(high / low);
  for (const at of [lines.decay, lines.catapult, lines.divergent]) {
    const trace = () => {
      context.beginPath();
      for (const [i, rate] of MAP_RATES.entries()) {
        const x = width * along(at / Math.sqrt(rate), span(MAP_SIGMAS));
        const y = height * (1 - along(rate, span(MAP_RATES)));
        if (i === 0) context.moveTo(x, y);
        else context.lineTo(x, y);
      }
      context.stroke();
    };
    context.lineWidth = 5;
    context.strokeStyle = "#ffffff";
    trace();
    context.lineWidth = 2;
    context.strokeStyle = "#16181d";
    trace();
  }
}
