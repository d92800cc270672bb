import { logEdge } from "../../../ts/report/axes.js";
import { PHASE_COLOURS } from "../../../ts/report/palette.js";
import { short } from "../../maths/short.js";
import { placeOf } from "../../maths/strip.js";
import { logEnds, logTicks, middle, type SigmaGroup } from "../../maths/sweep/sweepFigure.js";
import type { SweptPoint } from "../../maths/sweep/sweepJob.js";
import type { PredictedStrip } from "../../worker/lab-worker.js";

interface SweepFigureProps {
  readonly groups: readonly SigmaGroup[];
  readonly forecast: PredictedStrip | null;
  readonly range: readonly [number, number];
  /** In pixels. */
  readonly width: number;
  /** The place of the reader among the groups. */
  readonly at: number;
  readonly onAt: (at: number) => void;
}

/** In pixels. */
const [LEFT, RIGHT, PANEL, STRIP, NAMES, GAP] = [52, 12, 210, 22, 58, 30];

/** Final loss, phase and noise weights of the runs of a sweep against `sigma`, with the forecast boundaries over them. */
export function SweepFigure(props: SweepFigureProps) {
  const { groups, forecast, range, width, at, onAt } = props;
  const wide = Math.max(120, width - LEFT - RIGHT);
  const ends = widened(range);
  const x = (sigma: number) => LEFT + wide * placeOf(sigma, ends);
  const tops = { loss: NAMES, strip: NAMES + PANEL + 10, niw: NAMES + PANEL + STRIP + GAP + 20 };
  const height = tops.niw + PANEL + 40;
  const points = groups.flatMap(({ runs }) => runs);
  const pick = (event: PointerEvent) => {
    const box = (event.currentTarget as SVGElement).getBoundingClientRect();
    const away = ({ sigma }: SigmaGroup) => Math.abs(x(sigma) - (event.clientX - box.left));
    onAt(groups.reduce((best, group, i) => (away(group) < away(groups[best]) ? i : best), 0));
  };
  const here = x(groups[at].sigma);
  return (
    <figure>
      <svg
        class="sweep-figure"
        viewBox={`0 0 ${width} ${height}`}
        height={height}
        role="img"
        aria-label={described(groups)}
        onPointerMove={pick}
        onPointerDown={pick}
      >
        <rect class="here" x={here - 5} y={tops.loss} width={10} height={height - 40 - tops.loss} />
        <Panel
          {...{ groups, points, x, wide, top: tops.loss }}
          title="loss at the end, without noise"
          of={(point) => point.unperturbedLoss}
        />
        <Strip {...{ groups, x, top: tops.strip }} />
        <Panel
          {...{ groups, points, x, wide, top: tops.niw }}
          title="noise weights at the end, over their start"
          of={(point) => point.niwRatio}
        />
        <Boundaries {...{ forecast, x, ends, bottom: height - 40 }} />
        <g class="axis">
          {logTicks(ends).map((tick) => (
            <text key={tick} x={x(tick)} y={height - 24} text-anchor="middle">
              {short(tick)}
            </text>
          ))}
        </g>
        <text class="axis-name" x={LEFT + wide} y={height - 6} text-anchor="end">
          σ, standard deviation of the noise →
        </text>
      </svg>
    </figure>
  );
}

interface PanelProps {
  readonly groups: readonly SigmaGroup[];
  readonly points: readonly SweptPoint[];
  readonly x: (sigma: number) => number;
  readonly wide: number;
  readonly top: number;
  readonly title: string;
  readonly of: (point: SweptPoint) => number;
}

/** A dot for each run, in the colour of its phase, and a line through the middle ones. */
function Panel({ groups, points, x, wide, top, title, of }: PanelProps) {
  const ends = logEnds(points, of);
  const y = (value: number) =>
    top + PANEL * (1 - placeOf(Number.isNaN(value) ? Number.POSITIVE_INFINITY : value, ends));
  const line = groups
    .map(({ sigma, runs }) => `${x(sigma).toFixed(1)},${y(middle(runs.map(of))).toFixed(1)}`)
    .join(" ");
  return (
    <g>
      <g class="axis">
        {logTicks(ends).map((tick) => (
          <g key={tick}>
            <line x1={LEFT} x2={LEFT + wide} y1={y(tick)} y2={y(tick)} />
            <text x={LEFT - 6} y={y(tick) + 4} text-anchor="end">
              {short(tick)}
            </text>
          </g>
        ))}
      </g>
      <text class="axis-name" x={4} y={top - 8}>
        ↑ {title}
      </text>
      <polyline class="through" points={line} />
      {points.map((point) => {
        const value = of(point);
        const beyond = !(value <= ends[1]);
        const [cx, cy] = [x(point.sigma), y(value)];
        const fill = { fill: PHASE_COLOURS[point.phase] };
        return beyond ? (
          <path
            key={`${point.sigma} ${point.seed}`}
            class="run"
            d={`M${cx - 5} ${cy + 8}L${cx} ${cy}L${cx + 5} ${cy + 8}Z`}
            style={fill}
          />
        ) : (
          <circle
            key={`${point.sigma} ${point.seed}`}
            class="run"
            {...{ cx, cy, r: 4 }}
            style={fill}
          />
        );
      })}
    </g>
  );
}

/** The phase of most runs at each `sigma`. */
function Strip({
  groups,
  x,
  top,
}: {
  readonly groups: readonly SigmaGroup[];
  readonly x: (sigma: number) => number;
  readonly top: number;
}) {
  const sigmas = groups.map(({ sigma }) => sigma);
  return (
    <g>
      {groups.map(({ sigma, phase }, i) => {
        const [from, to] = [x(logEdge(sigmas, i)), x(logEdge(sigmas, i + 1))];
        return (
          <rect
            key={sigma}
            {...{ x: from, y: top, width: Math.max(0, to - from + 0.5), height: STRIP }}
            style={{ fill: PHASE_COLOURS[phase] }}
          />
        );
      })}
    </g>
  );
}

interface BoundariesProps {
  readonly forecast: PredictedStrip | null;
  readonly x: (sigma: number) => number;
  readonly ends: readonly [number, number];
  readonly bottom: number;
}

const WORDS = { decay: "decay", catapult: "catapult", divergent: "divergence" } as const;

/** The forecast boundaries as dashed lines, their intervals shaded. */
function Boundaries({ forecast, x, ends, bottom }: BoundariesProps) {
  if (!forecast) return null;
  const found = Object.entries(forecast.boundaries).flatMap(([name, boundary]) =>
    boundary && boundary.value > ends[0] && boundary.value < ends[1] ? [{ name, ...boundary }] : [],
  );
  return (
    <g class="forecast">
      {found.map(({ name, value, low, high }, i) => (
        <g key={name}>
          <rect x={x(low)} y={36} width={Math.max(1, x(high) - x(low))} height={bottom - 36} />
          <line x1={x(value)} x2={x(value)} y1={36} y2={bottom} />
          <text x={x(value)} y={10 + i * 11} text-anchor="middle">
            {WORDS[name as keyof typeof WORDS]}
          </text>
        </g>
      ))}
    </g>
  );
}

function widened([from, to]: readonly [number, number]): [number, number] {
  const margin = (to / from) ** 0.02;
  return [from / margin, to * margin];
}

function described(groups: readonly SigmaGroup[]): string {
  const parts: string[] = [];
  groups.forEach(({ sigma, phase }, i) => {
    if (groups[i - 1]?.phase !== phase) parts.push(`${phase} from sigma ${short(sigma)}`);
  });
  return `Final loss, phase and noise weights against sigma, ${groups.length} values: ${parts.join(", ")}. The table below has all numbers.`;
}
