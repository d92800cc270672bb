import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { PHASES } from "../../../ts/analysis/phase.js";
import { MAP_RATES, MAP_SIGMAS } from "../../maths/linearSigmas.js";
import { cellAt } from "../../maths/phaseMap.js";
import { short } from "../../maths/short.js";
import { linearCell } from "../../state/defaults.js";
import type { MapSpec } from "../../state/labState.js";
import { embedded } from "../embedded.js";
import { lookForGpu } from "../gpuHere.js";
import { PhaseBadge } from "../phaseBadge.js";
import { change, hidden, state, told } from "../session.js";
import { WORKERS } from "../workers.js";
import { CellCurve } from "./cellCurve.js";
import { ExportMap } from "./exportLinear.js";
import { drawMap } from "./mapPicture.js";
import { askedAt, bounds, busy, gpuTrouble, mapsOnGpu, showMap, shownMap } from "./mapSession.js";

const [COLUMNS, ROWS] = [MAP_SIGMAS.length, MAP_RATES.length];
/** Pixels of the picture: wider than high, as most screens are. */
const [WIDTH, HEIGHT] = [3 * COLUMNS, 2 * ROWS];
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
      <CellCurve model={map} sigma={sigma} learningRate={rate} />
      {gpuTrouble.value !== null && (
        <p role="status" class="notice">
          {gpuTrouble.value}. The processors’ workers make the map instead.
        </p>
      )}
      <div class={busy.value ? "map busy" : "map"}>
        <span class="map-y" aria-hidden="true">
          learning rate η, {short(MAP_RATES[0])} to {short(MAP_RATES[ROWS - 1])}
        </span>
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
      {!embedded && <ExportMap map={shown} atOne={bounds.value} />}
      <div class="controls">
        <fieldset>
          <legend>The model</legend>
          <MapSlider
            name="width"
            label="Hidden units"
            from={10}
            to={400}
            help="Width of the one hidden layer."
          />
          <MapSlider
            name="samples"
            label="Samples"
            from={10}
            to={400}
            help="The batch: each step takes all of them."
          />
          <MapSlider name="steps" label="Steps" from={20} to={400} help="Updates of each run." />
          <MapSlider
            name="seed"
            label="Seed"
            from={0}
            to={50}
            help="Names data, weights and noise, which all cells share."
          />
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
  readonly help: string;
}

function MapSlider({ name, label, from, to, help }: MapSliderProps) {
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
      <small>{help}</small>
    </label>
  );
}
