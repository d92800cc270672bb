import { signal, useSignalEffect } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";
import type { Phase } from "../../../ts/analysis/phase.js";
import { CURVES } from "../../../ts/report/palette.js";
import { type LinearCurve, SWEEP_SIGMAS } from "../../maths/linearSigmas.js";
import { short } from "../../maths/short.js";
import type { Boundaries } from "../../maths/strip.js";
import { LINEAR, linearCell, SWEEP_RATE } from "../../state/defaults.js";
import { embedded } from "../embedded.js";
import { PhaseBadge } from "../phaseBadge.js";
import { PhaseStrip } from "../phaseStrip.js";
import { change, dark, hidden, still, told } from "../session.js";
import { helper } from "../workers.js";
import { ExportPhases } from "./exportLinear.js";

const RANGE = [SWEEP_SIGMAS[0], SWEEP_SIGMAS[SWEEP_SIGMAS.length - 1]] as const;
/** Milliseconds between two values of `sigma`. */
const PACE = 70;

const curves = signal<readonly LinearCurve[]>([]);
const boundaries = signal<Boundaries | null>(null);
/** The value of `sigma` on show. */
const at = signal(0);
const sweeping = signal(true);

async function sweepOn(): Promise<void> {
  const next = curves.value.length;
  if (next >= SWEEP_SIGMAS.length) return;
  const made = await helper().sweepCurve(SWEEP_SIGMAS[next]);
  if (curves.value.length === next) curves.value = [...curves.value, made];
}

/** The linear model, whose noise grows until it diverges. */
export function PhasesView() {
  useEffect(() => {
    if (!boundaries.value) {
      helper()
        .sweepBoundaries()
        .then((found) => {
          boundaries.value = found;
        }, told);
    }
  }, []);
  useSignalEffect(() => {
    if (!sweeping.value || hidden.value) return;
    let alive = true;
    const turn = async () => {
      while (alive && sweeping.value) {
        if (at.peek() >= SWEEP_SIGMAS.length - 1 && curves.peek().length >= SWEEP_SIGMAS.length) {
          sweeping.value = false;
          return;
        }
        await sweepOn();
        at.value = still.peek()
          ? curves.peek().length - 1
          : Math.min(at.peek() + 1, curves.peek().length - 1);
        if (!still.peek()) await new Promise((resolve) => setTimeout(resolve, PACE));
      }
    };
    turn().catch(told);
    return () => {
      alive = false;
    };
  });
  const now = curves.value[at.value];
  const sigma = SWEEP_SIGMAS[at.value];
  return (
    <section aria-label="The four phases of the linear model">
      <div class="row">
        <h2>The linear model, as its noise grows</h2>
        <button
          type="button"
          onClick={() => {
            if (!sweeping.value && at.value >= SWEEP_SIGMAS.length - 1) at.value = 0;
            sweeping.value = !sweeping.value;
          }}
        >
          {sweeping.value ? "Pause" : at.value >= SWEEP_SIGMAS.length - 1 ? "Again" : "Go on"}
        </button>
      </div>
      <p class="verdict" aria-live={sweeping.value ? "off" : "polite"}>
        {now ? (
          <>
            <PhaseBadge phase={now.cell.phase} /> at <var>σ</var> = {short(sigma)}, <var>κ</var> ={" "}
            {short(now.cell.kappa)}: {now.cell.evidence.reason}.
          </>
        ) : (
          "The first runs are being computed."
        )}
      </p>
      <PhaseStrip
        label="Noise σ"
        sigma={sigma}
        range={RANGE}
        boundaries={boundaries.value}
        onSigma={(wanted) => {
          sweeping.value = false;
          at.value = nearest(wanted);
          fill(at.value).catch(told);
        }}
      />
      <div class="pair">
        <Trajectories
          title="Training loss"
          pick={(curve) => curve.loss}
          now={now}
          range={[1e-8, 1e5]}
        />
        <Trajectories
          title="Noise weight as the output feels it"
          pick={(curve) => curve.effectiveNiw}
          now={now}
          range={[1e-6, 1e3]}
        />
      </div>
      <p>
        Two layers, {LINEAR.width} units, {LINEAR.samples} samples of <var>y</var> = <var>x</var>,
        learning rate {SWEEP_RATE}, {LINEAR.steps} steps, by the exact recursion. The strip shows
        the theory’s boundaries for a wide network: <var>κ</var> = <var>ησ²λ</var> = 2 and 4, and
        where the noise weights fall by a factor e.
      </p>
      {!embedded && <ExportPhases curves={curves.value} />}
      <button
        type="button"
        class="primary"
        onClick={() =>
          change({
            panel: "run",
            experiment: linearCell(LINEAR, LINEAR.seed, Number(sigma.toPrecision(3)), SWEEP_RATE),
          })
        }
      >
        Train this model as a network
      </button>
    </section>
  );
}

function nearest(sigma: number): number {
  let best = 0;
  for (const [i, value] of SWEEP_SIGMAS.entries()) {
    if (Math.abs(Math.log(value / sigma)) < Math.abs(Math.log(SWEEP_SIGMAS[best] / sigma)))
      best = i;
  }
  return best;
}

/** Computes what is missing up to a value of `sigma`. */
async function fill(until: number): Promise<void> {
  while (curves.value.length <= until) await sweepOn();
}

const [WIDTH, HEIGHT] = [420, 220];
/** The curves that stay under the one on show: one in so many, and the last of each phase. */
const GHOST_EVERY = 6;

interface TrajectoriesProps {
  readonly title: string;
  readonly pick: (curve: LinearCurve) => Float64Array;
  readonly now: LinearCurve | undefined;
  readonly range: readonly [number, number];
}

/** The curve of the run on show, over those of smaller noise. */
function Trajectories({ title, pick, now, range }: TrajectoriesProps) {
  const ghosts = curves.value.filter(
    ({ cell }, i, all) =>
      i < at.value && (i % GHOST_EVERY === 0 || cell.phase !== all[i + 1]?.cell.phase),
  );
  const plane = useId();
  const [low, high] = range.map(Math.log10);
  const decades = Array.from({ length: Math.floor((high - low) / 2) + 1 }, (_, i) => low + 2 * i);
  const y = (power: number) => HEIGHT - (HEIGHT * (power - low)) / (high - low);
  return (
    <figure>
      <figcaption>{title}</figcaption>
      <svg
        viewBox={`-44 -8 ${WIDTH + 52} ${HEIGHT + 34}`}
        role="img"
        aria-label={described(title, now && pick(now))}
      >
        {decades.map((power) => (
          <g key={power} class="axis">
            <line x1={0} x2={WIDTH} y1={y(power)} y2={y(power)} />
            <text x={-6} y={y(power) + 4} text-anchor="end">
              1e{power}
            </text>
          </g>
        ))}
        <text class="axis-name" x={0} y={HEIGHT + 20}>
          step 0
        </text>
        <text class="axis-name" x={WIDTH} y={HEIGHT + 20} text-anchor="end">
          {LINEAR.steps}
        </text>
        {/* What leaves the axis is not drawn along its edge, as if it stayed there. */}
        <clipPath id={plane}>
          <rect width={WIDTH} height={HEIGHT} />
        </clipPath>
        <g clip-path={`url(#${plane})`}>
          {ghosts.map((ghost) => (
            <path
              key={ghost.cell.sigma}
              class="ghost"
              d={path(pick(ghost), low, high)}
              style={{ stroke: lineOf(ghost.cell.phase) }}
            />
          ))}
          {now && (
            <path
              class="curve"
              d={path(pick(now), low, high)}
              style={{ stroke: lineOf(now.cell.phase) }}
            />
          )}
        </g>
      </svg>
    </figure>
  );
}

function path(values: Float64Array, low: number, high: number): string {
  let text = "";
  for (let i = 0; i < values.length; i++) {
    const value = Number.isNaN(values[i]) ? Number.POSITIVE_INFINITY : values[i];
    const power = Math.min(high + 1, Math.max(low - 1, Math.log10(value)));
    const x = (WIDTH * i) / (LINEAR.steps - 1);
    const y = HEIGHT - (HEIGHT * (power - low)) / (high - low);
    text += `${i === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`;
    if (power > high) break;
  }
  return text;
}

/** A line of a phase's hue that is seen on the paper of the present scheme. */
function lineOf(phase: Phase): string {
  const scheme = dark.value ? "dark" : "light";
  const of = {
    decoupled: "unperturbedLoss",
    decay: "testLoss",
    catapult: "loss",
    divergent: "niwNorm",
    unclassified: "aside",
  } as const;
  return CURVES[of[phase]][scheme];
}

function described(title: string, values: Float64Array | undefined): string {
  if (!values || values.length === 0) return `${title}: nothing yet`;
  const largest = values.reduce((a, b) => Math.max(a, b), 0);
  return `${title} over steps: begins at ${short(values[0])}, at most ${short(largest)}, ends at ${short(values[values.length - 1])}`;
}
