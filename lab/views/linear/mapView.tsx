import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { PHASES } from "../../../ts/analysis/phase.js";
import { MAP_RATES, MAP_SIGMAS } from "../../maths/linearSigmas.js";
import { cellAt } from "../../maths/phaseMap.js";
import { short } from "../../maths/short.js";
import { placeOf } from "../../maths/strip.js";
import { linearCell } from "../../state/defaults.js";
import { embedded } from "../embedded.js";
import { lookForGpu } from "../gpuHere.js";
import { PhaseBadge } from "../phaseBadge.js";
import { change, hidden, state, told } from "../session.js";
import { WORKERS } from "../workers.js";
import { CellCurve } from "./cellCurve.js";
import { ExportMap } from "./exportLinear.js";
import { drawMap } from "./mapPicture.js";
import { askedAt, bounds, busy, gpuTrouble, mapsOnGpu, showMap, shownMap } from "./mapSession.js";
import { MapSliders } from "./mapSliders.js";

const [COLUMNS, ROWS] = [MAP_SIGMAS.length, MAP_RATES.length];
/** Pixels of the picture: wider than high, as most screens are. */
const [WIDTH, HEIGHT] = [3 * COLUMNS, 2 * ROWS];
const SIGMA_TICKS = [0.1, 1, 10];
const RATE_TICKS = [0.01, 0.1];
/** Cells that an arrow key passes with Shift. */
const LEAP = 16;

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
  useEffect(() => void lookForGpu(), []);
  // Effects of layout run at once; others wait for a frame, here and once more for the answer.
  useLayoutEffect(() => {
    if (!isHidden) showMap(map).catch(told);
  }, [key, isHidden]);
  const shown = shownMap.value;
  useLayoutEffect(() => {
    if (!canvas.current || !shown) return;
    drawMap(canvas.current, shown, bounds.value);
    const name = shown.stride === 1 ? "phase map" : "coarse phase map";
    // The benchmark reads it.
    performance.clearMeasures(name);
    performance.measure(name, { start: askedAt });
  }, [shown]);
  const [column, row] = place.value;
  const cell = shown && cellAt(shown, column, row);
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
    const by = event.shiftKey ? LEAP : 1;
    place.value = [clamp(column + by * move[0], COLUMNS), clamp(row + by * move[1], ROWS)];
  };
  return (
    <section aria-label="Phase map of the linear model">
      <h2>The linear model over noise and learning rate</h2>
      <p>
        {COLUMNS} × {ROWS} runs by the exact recursion, which share their data and their noise, made{" "}
        {mapsOnGpu() ? "on the GPU" : `in ${WORKERS} workers`}. The lines are the theory’s
        boundaries for wide networks. Click a place, or press Enter, to train it as a network.
      </p>
      <p class="verdict" aria-live="polite" data-testid="cell">
        {cell ? (
          <>
            <PhaseBadge phase={cell.phase} /> <var>σ</var> = {short(cell.sigma)}, <var>η</var> ={" "}
            {short(cell.learningRate)}, <var>κ</var> = {short(cell.kappa)}: loss{" "}
            {short(cell.lossStart)} at the start, {short(cell.lossMax)} at most,{" "}
            {short(cell.lossEnd)} at the end.
          </>
        ) : (
          "The map is being computed."
        )}
      </p>
      {gpuTrouble.value !== null && (
        <p role="status" class="notice">
          {gpuTrouble.value}. The processors’ workers make the map instead.
        </p>
      )}
      <div class="map-desk">
        <CellCurve model={map} sigma={sigma} learningRate={rate} />
        <div class="map-side">
          <div class={busy.value ? "map busy" : "map"}>
            <Axis name="rate" title="learning rate η" ticks={RATE_TICKS} values={MAP_RATES} />
            <button
              type="button"
              class="map-plane"
              aria-label="Phase map. The arrow keys move between cells, with Shift sixteen at a time; Enter trains the cell."
              onKeyDown={onKeyDown}
              onPointerMove={point}
              onClick={(event) => {
                // A key's click has no place; a touch first shows the numbers.
                if (event.detail > 0) point(event);
                if ((event as unknown as PointerEvent).pointerType !== "touch") run();
              }}
            >
              <canvas ref={canvas} width={WIDTH} height={HEIGHT} />
              <span
                class="cross"
                style={{
                  left: `${(100 * (column + 0.5)) / COLUMNS}%`,
                  top: `${(100 * (ROWS - row - 0.5)) / ROWS}%`,
                }}
              />
            </button>
            <Axis name="sigma" title="noise σ" ticks={SIGMA_TICKS} values={MAP_SIGMAS} />
          </div>
          <ul class="key">
            {PHASES.map((phase) => (
              <li key={phase}>
                <PhaseBadge phase={phase} />
              </li>
            ))}
          </ul>
          <button type="button" class="primary" disabled={!cell} onClick={run}>
            Train this cell as a network
          </button>
        </div>
        <MapSliders />
      </div>
      {!embedded && <ExportMap map={shown} atOne={bounds.value} />}
    </section>
  );
}

function clamp(value: number, count: number): number {
  return Math.min(count - 1, Math.max(0, value));
}

interface AxisProps {
  readonly name: "sigma" | "rate";
  readonly title: string;
  readonly ticks: readonly number[];
  readonly values: readonly number[];
}

/** A logarithmic axis. The sentence above the map has its numbers for those who do not see it. */
function Axis({ name, title, ticks, values }: AxisProps) {
  const range = [values[0], values[values.length - 1]] as const;
  const side = name === "sigma" ? "left" : "bottom";
  return (
    <div class={`map-axis ${name}`} aria-hidden="true">
      <span class="title">{title}</span>
      {ticks.map((tick) => (
        <span key={tick} class="tick" style={{ [side]: `${100 * placeOf(tick, range)}%` }}>
          {tick}
        </span>
      ))}
    </div>
  );
}
