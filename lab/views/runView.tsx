import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Experiment } from "../../ts/experiment/schema.js";
import { curvesOf } from "../maths/aligned.js";
import type { Frame } from "../maths/liveRun.js";
import { short } from "../maths/short.js";
import { readableSigma } from "../maths/stepReading.js";
import type { Boundaries } from "../maths/strip.js";
import { edited, withSigma } from "../state/edit.js";
import type { PredictedStrip } from "../worker/lab-worker.js";
import { Controls } from "./controls.js";
import { PhaseBadge } from "./phaseBadge.js";
import { PhaseStrip } from "./phaseStrip.js";
import { Plot } from "./plot.js";
import {
  change,
  frame,
  helpers,
  isOpen,
  openRun,
  pause,
  play,
  playing,
  seek,
  slow,
  state,
  stepOnce,
  told,
} from "./session.js";
import { Share } from "./share.js";

/** Milliseconds that a slider must rest before the run, and the forecast, begin anew. */
const REST = { run: 60, forecast: 350 };
const WIDEST = [0.01, 1000] as const;

const strip = signal<PredictedStrip | null>(null);
/** The experiment without its `sigma`, which a forecast does not depend on. */
let forecastOf: string | null = null;

/** One experiment, trained while one watches. */
export function RunView() {
  const { experiment } = state.value;
  const key = JSON.stringify(experiment);
  const others = JSON.stringify(withSigma(experiment, 1));
  useEffect(() => {
    if (isOpen(experiment)) return;
    const timer = setTimeout(() => openRun(experiment, true), REST.run);
    return () => clearTimeout(timer);
  }, [key]);
  useEffect(() => {
    if (forecastOf === others || experiment.noise.length === 0) return;
    strip.value = null;
    const timer = setTimeout(() => {
      forecastOf = others;
      helpers[helpers.length - 1].forecast(withSigma(experiment, 1)).then((found) => {
        if (forecastOf === others) strip.value = found;
      }, told);
    }, REST.forecast);
    return () => {
      clearTimeout(timer);
    };
  }, [others]);
  const shown = frame.value;
  return (
    <section aria-label="One run">
      <Verdict frame={shown} />
      <Sigma experiment={experiment} />
      <Transport frame={shown} />
      {shown && <Curves experiment={experiment} frame={shown} />}
      <details open={innerWidth > 700}>
        <summary>The experiment</summary>
        <Controls />
      </details>
      <Share />
      {shown?.end && (
        <p class="hash">
          Digest of this run: <code data-testid="hash">{shown.end.hash}</code>, made by{" "}
          {shown.end.machine}. The same experiment has the same digest on every host.
        </p>
      )}
    </section>
  );
}

/** The phase, and what decided it. */
function Verdict({ frame }: { readonly frame: Frame | null }) {
  const evidence = frame?.evidence;
  const sentence = !frame
    ? "The run is being prepared."
    : !evidence
      ? "The run waits before its first update."
      : `${frame.end ? "" : "so far, "}${evidence.reason}${evidence.closeTo ? `; close to ${evidence.closeTo}` : ""}.`;
  return (
    <div>
      <p class="verdict" aria-live={frame?.end ? "polite" : "off"} data-testid="verdict">
        {evidence && (
          <>
            <PhaseBadge phase={evidence.phase} />{" "}
          </>
        )}
        {sentence}
      </p>
      {frame?.end && evidence?.phase === "divergent" && (
        <p>
          The run diverged: for this noise and learning rate that is the result, and no error of the
          page.
        </p>
      )}
    </div>
  );
}

function Sigma({ experiment }: { readonly experiment: Experiment }) {
  if (experiment.noise.length === 0) return <p>This experiment has no noise nodes.</p>;
  const found = strip.value;
  const boundaries: Boundaries | null = found && {
    decay: found.boundaries.decay?.value ?? null,
    catapult: found.boundaries.catapult?.value ?? null,
    divergent: found.boundaries.divergent?.value ?? null,
  };
  const says =
    found?.method === "recursion"
      ? "The strip is the linear model’s, by its exact recursion."
      : "The strip is forecast from the network’s start, by probe passes and short runs.";
  return (
    <div>
      <PhaseStrip
        label="Noise σ"
        sigma={experiment.noise[0].sigma}
        range={rangeOf(boundaries)}
        boundaries={boundaries}
        onSigma={(sigma) => change({ experiment: withSigma(experiment, sigma) })}
      />
      {found && <p class="note">{says} The dot is this run.</p>}
    </div>
  );
}

/** Five times beyond the outer boundaries, so that all phases are in reach. */
function rangeOf(boundaries: Boundaries | null): readonly [number, number] {
  const known = Object.values(boundaries ?? {}).filter((value) => value !== null);
  if (known.length === 0) return WIDEST;
  return [Math.min(...known) / 10, Math.max(...known) * 5];
}

const PACES = [
  [1, "usual pace"],
  [4, "slow"],
  [16, "slower"],
] as const;

/** Play, pause, single steps, and the time line. */
function Transport({ frame }: { readonly frame: Frame | null }) {
  const pace = useSignal(1);
  const { experiment } = state.value;
  const step = frame?.step ?? 0;
  const steps = frame?.steps ?? 1;
  return (
    <div class="transport">
      <div class="buttons">
        <button
          type="button"
          class="primary"
          disabled={!frame}
          onClick={() => (playing.value ? pause() : play())}
        >
          {playing.value ? "Pause" : frame?.end ? "Play again" : "Play"}
        </button>
        <button type="button" disabled={!frame || frame.end !== null} onClick={() => stepOnce()}>
          One step
        </button>
        <button type="button" disabled={!frame} onClick={() => seek(0)}>
          To the start
        </button>
        <button
          type="button"
          onClick={() =>
            change({ experiment: edited(experiment, "seed", (experiment.seed + 1) % 2 ** 32) })
          }
        >
          Next seed
        </button>
        <label>
          Pace{" "}
          <select
            value={String(pace.value)}
            onChange={(event) => {
              pace.value = Number(event.currentTarget.value);
              slow(pace.value);
            }}
          >
            {PACES.map(([slowness, name]) => (
              <option key={slowness} value={String(slowness)}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </div>
      <label class="timeline">
        <span>
          Step <b data-testid="step">{step}</b> of {steps}
          {frame && frame.cost > 0 && <span class="cost"> · {short(frame.cost)} µs a step</span>}
        </span>
        <input
          type="range"
          min={0}
          max={steps}
          step={1}
          value={step}
          aria-valuetext={`step ${step} of ${steps}`}
          onChange={(event) => seek(Number(event.currentTarget.value))}
        />
      </label>
    </div>
  );
}

function Curves({ experiment, frame }: { readonly experiment: Experiment; readonly frame: Frame }) {
  const curves = curvesOf(frame.trajectory, frame.readings);
  const flat = (value: number) => curves.x.map(() => value);
  const sigma = readableSigma(experiment);
  const limit = sigma === null ? null : 2 / (experiment.optimizer.learningRate * sigma ** 2);
  const end = frame.steps;
  const last = (column: readonly (number | null)[]) => {
    const value = column.findLast((one) => one !== null);
    return value === undefined || value === null ? "nothing to show yet" : short(value);
  };
  return (
    <div class="plots">
      <Plot
        title="Loss"
        {...{ x: curves.x, end }}
        summary={`Training loss ${last(curves.loss)}; without noise ${last(curves.unperturbedLoss)}; on the test samples ${last(curves.testLoss)}.`}
        lines={[
          { label: "training, with noise", colour: "loss", values: curves.loss },
          { label: "without noise", colour: "unperturbedLoss", values: curves.unperturbedLoss },
          { label: "test", colour: "testLoss", values: curves.testLoss },
        ]}
      />
      <Plot
        title="Noise weights, relative to their start"
        {...{ x: curves.x, end }}
        summary={`Norm ${last(curves.niwNorm)} of its start; memory ${last(curves.memory)}.`}
        lines={[
          { label: "norm", colour: "niwNorm", values: curves.niwNorm },
          { label: "memory q", colour: "memory", values: curves.memory },
          { label: "1/e", colour: "aside", values: flat(Math.exp(-1)), dashed: true },
        ]}
      />
      {limit !== null && (
        <Plot
          title="Curvature that the noise weights read"
          {...{ x: curves.x, end }}
          summary={`Read ${last(curves.reading)}; the noise weights become unstable above ${short(limit)}.`}
          lines={[
            { label: "read, mean of 8", colour: "unperturbedLoss", values: curves.reading },
            { label: "2/(ησ²)", colour: "aside", values: flat(limit), dashed: true },
          ]}
        />
      )}
    </div>
  );
}
