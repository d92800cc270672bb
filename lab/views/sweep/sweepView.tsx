import { signal, useSignal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import type { BoundaryName } from "../../../ts/analysis/boundaries.js";
import { measuredBoundaries } from "../../../ts/analysis/boundaries.js";
import { PHASES } from "../../../ts/analysis/phase.js";
import { short } from "../../maths/short.js";
import { bySigma, duration, type SigmaGroup } from "../../maths/sweep/sweepFigure.js";
import type { SweptPoint } from "../../maths/sweep/sweepJob.js";
import { fromFiles } from "../../state/pageLimits.js";
import { type SweepSpec, withSweepField } from "../../state/sweepSpec.js";
import { PhaseBadge } from "../phaseBadge.js";
import { strip } from "../predictedStrip.js";
import { change, state } from "../session.js";
import { CopyTable, type TableData } from "../table.js";
import { Kept } from "./kept.js";
import { SweepFigure } from "./sweepFigure.js";
import {
  estimate,
  follow,
  goOnWithoutKeeping,
  imported,
  keeping,
  points,
  progress,
  trouble,
  turnOn,
  working,
} from "./sweepSession.js";

/** The place of the reader among the values of `sigma`; null: in the middle. */
const at = signal<number | null>(null);

/** One experiment at many strengths of the noise. */
export function SweepView() {
  follow();
  const { experiment, sweep } = state.value;
  const folder = imported.value;
  const shown = folder?.points ?? points.value;
  const groups = bySigma(shown);
  const place = Math.min(at.value ?? Math.floor(groups.length / 2), Math.max(0, groups.length - 1));
  const layers = experiment.network.layers.join("-") || "no hidden layer";
  return (
    <section aria-label="Sweep over the noise">
      <h2>One network at many strengths of its noise</h2>
      <p>
        Each dot is a whole run of the experiment in “One run”, with another <var>σ</var> or another
        seed: {layers} units, {experiment.network.activation}, data {experiment.data.name},{" "}
        <var>η</var> = {experiment.optimizer.learningRate}.
      </p>
      {folder ? (
        <p class="imported">
          The runs are those of {folder.name}
          {folder.ignored > 0 && `; ${folder.ignored} damaged lines of its journal were left out`}.{" "}
          <button
            type="button"
            onClick={() => {
              imported.value = null;
            }}
          >
            Close the folder
          </button>
        </p>
      ) : (
        <>
          <Plan spec={sweep} />
          <Progress />
        </>
      )}
      <Trouble />
      {groups.length > 0 && (
        <>
          <Wide>
            {(width) => (
              <SweepFigure
                {...{ groups, width, forecast: strip.value }}
                range={folder ? endsOf(groups) : [sweep.from, sweep.to]}
                at={place}
                onAt={(next) => {
                  at.value = next;
                }}
              />
            )}
          </Wide>
          <p class="note">
            A line goes through the middle runs. Triangles lie beyond the axis. Dashed: where the
            forecast expects a phase to begin; shaded: its 95 % interval.
          </p>
          <ul class="key" aria-label="Phases">
            {PHASES.map((phase) => (
              <li key={phase}>
                <PhaseBadge phase={phase} />
              </li>
            ))}
          </ul>
          <Reading {...{ groups, place }} />
          <Boundaries runs={shown} />
          <details>
            <summary>Table of the runs</summary>
            <CopyTable name="runs" data={tableOf(groups)} />
          </details>
        </>
      )}
      <Kept />
    </section>
  );
}

const FIELDS: readonly {
  readonly field: "from" | "to" | "count" | "seeds";
  readonly label: string;
  readonly help: string;
}[] = [
  { field: "from", label: "From σ", help: "The weakest noise: its standard deviation." },
  { field: "to", label: "To σ", help: "The strongest noise." },
  { field: "count", label: "Values of σ", help: "At a constant ratio, 2 to 100." },
  {
    field: "seeds",
    label: "Seeds",
    help: "Runs at each value, 1 to 10; the first has the seed of “One run”.",
  },
];

/** What is swept. */
function Plan({ spec }: { readonly spec: SweepSpec }) {
  const wrong = useSignal<{ field: string; message: string } | null>(null);
  const set = (field: keyof SweepSpec, value: unknown) => {
    try {
      change({ sweep: withSweepField({ ...state.value.sweep, on: false }, field, value) });
      wrong.value = null;
    } catch (error) {
      wrong.value = { field, message: (error as Error).message };
    }
  };
  const help = (field: string, text: string) => {
    const own = wrong.value?.field === field ? wrong.value.message : null;
    return (
      <small id={`sweep-${field}-help`} class={own ? "wrong" : ""}>
        {own ?? text}
      </small>
    );
  };
  return (
    <div class="sweep-plan">
      {FIELDS.map(({ field, label, help: text }) => (
        <div class="field" key={field}>
          <label for={`sweep-${field}`}>{label}</label>
          <input
            id={`sweep-${field}`}
            type="text"
            inputMode="decimal"
            autocomplete="off"
            value={String(spec[field])}
            aria-describedby={`sweep-${field}-help`}
            aria-invalid={wrong.value?.field === field}
            onChange={(event) => {
              const words = event.currentTarget.value.trim();
              const value = Number(words);
              set(field, words === "" || Number.isNaN(value) ? words : value);
            }}
          />
          {help(field, text)}
        </div>
      ))}
      <div class="field">
        <label for="sweep-machine">Machine</label>
        <select
          id="sweep-machine"
          value={spec.machine}
          aria-describedby="sweep-machine-help"
          onChange={(event) => set("machine", event.currentTarget.value)}
        >
          <option value="cpu">all CPU cores</option>
          <option value="gpu">the GPU</option>
        </select>
        {help(
          "machine",
          navigator.gpu
            ? "The GPU trains all values of σ at once; it pays for wide networks."
            : "This browser offers no WebGPU here; the CPUs give the same bits everywhere.",
        )}
      </div>
    </div>
  );
}

function Progress() {
  const { sweep } = state.value;
  const total = sweep.count * sweep.seeds;
  const made = points.value.length;
  const now = working.value ? progress.value : null;
  const said = estimate.value;
  const left =
    now?.secondsLeft != null && now.done < now.total
      ? `, about ${duration(now.secondsLeft)} left`
      : "";
  return (
    <div class="sweep-progress">
      <div class="buttons">
        <button
          type="button"
          class="primary"
          disabled={!sweep.on && made >= total}
          onClick={() => turnOn(!sweep.on)}
        >
          {sweep.on ? "Pause" : made === 0 ? "Start" : made < total ? "Go on" : "All made"}
        </button>
        <progress aria-label="Runs made" max={total} value={now ? now.done : made} />
        <span data-testid="made">
          {made} of {total} runs{left}
        </span>
      </div>
      <p class="note">
        {said && made === 0 && `About ${duration(said.seconds)} for ${said.runs} runs. `}
        {keeping.value
          ? "Finished runs stay in this browser: a sweep goes on where it was, also after the tab was closed. "
          : "These runs are not kept. "}
        {working.value && "It goes on while the tab is in the background."}
      </p>
    </div>
  );
}

function Trouble() {
  const { sweep, experiment } = state.value;
  return (
    <div role="alert">
      {trouble.value !== null && (
        <p class="problem" data-testid="trouble">
          {trouble.value}{" "}
          {keeping.value && /kept|written|storage|opened/.test(trouble.value) && (
            <button type="button" onClick={goOnWithoutKeeping}>
              Go on without keeping the runs
            </button>
          )}
          {sweep.machine === "gpu" && (
            <button
              type="button"
              onClick={() => change({ sweep: { ...sweep, machine: "cpu", on: true } })}
            >
              Make the sweep on the CPUs
            </button>
          )}{" "}
          {fromFiles(experiment) && (
            <button type="button" onClick={() => change({ panel: "data" })}>
              To your data
            </button>
          )}
        </p>
      )}
    </div>
  );
}

/** The runs at one `sigma`, and the way to watch one of them. */
function Reading({
  groups,
  place,
}: {
  readonly groups: readonly SigmaGroup[];
  readonly place: number;
}) {
  const { experiment } = state.value;
  const group = groups[place];
  return (
    <div class="strip">
      <label>
        <span class="strip-label">
          Look at <var>σ</var> = <b>{short(group.sigma)}</b>
        </span>
        <input
          type="range"
          min={0}
          max={groups.length - 1}
          value={place}
          aria-valuetext={`sigma ${short(group.sigma)}, ${group.phase}`}
          onInput={(event) => {
            at.value = Number(event.currentTarget.value);
          }}
        />
      </label>
      <ul class="runs" aria-live="polite">
        {group.runs
          .toSorted((a, b) => a.seed - b.seed)
          .map(({ seed, phase, reason, unperturbedLoss, testLoss }) => (
            <li key={seed}>
              <PhaseBadge phase={phase} /> seed {seed}: {reason}; loss {short(unperturbedLoss)}
              {Number.isNaN(testLoss) ? "" : `, on the test samples ${short(testLoss)}`}{" "}
              <button
                type="button"
                aria-label={`Watch it: sigma ${short(group.sigma)}, seed ${seed}`}
                onClick={() =>
                  change({
                    panel: "run",
                    experiment: {
                      ...experiment,
                      seed,
                      noise: experiment.noise.map((own) => ({ ...own, sigma: group.sigma })),
                    },
                  })
                }
              >
                Watch it
              </button>
            </li>
          ))}
      </ul>
    </div>
  );
}

const NAMES = { decay: "decay", catapult: "catapult", divergent: "divergence" } as const;

/** Where the phases change: by the runs, and by the forecast. */
function Boundaries({ runs }: { readonly runs: readonly SweptPoint[] }) {
  const measured = measuredBoundaries(runs);
  const forecast = strip.value;
  return (
    <div class="table">
      <table>
        <caption>Where the phases begin</caption>
        <thead>
          <tr>
            <th scope="col">phase</th>
            <th scope="col">σ in these runs, and its bracket</th>
            <th scope="col">σ forecast, and its 95 % interval</th>
          </tr>
        </thead>
        <tbody>
          {(Object.keys(NAMES) as BoundaryName[]).map((name) => {
            const { measured: value, bracket } = measured[name];
            const told = forecast?.boundaries[name];
            return (
              <tr key={name}>
                <th scope="row">{NAMES[name]}</th>
                <td>
                  {value !== null && bracket
                    ? `${short(value)} (${short(bracket[0])} to ${short(bracket[1])})`
                    : "not crossed yet"}
                </td>
                <td>
                  {told
                    ? `${short(told.value)} (${short(told.low)} to ${short(told.high)})`
                    : forecast
                      ? "none found"
                      : "being computed"}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** The range of sigma of runs that were made elsewhere. */
function endsOf(groups: readonly SigmaGroup[]): [number, number] {
  const sigmas = groups.map(({ sigma }) => sigma).filter((sigma) => sigma > 0);
  const [low, high] = [sigmas[0] ?? 0.1, sigmas.at(-1) ?? 10];
  return low < high ? [low, high] : [low / 2, high * 2];
}

function tableOf(groups: readonly SigmaGroup[]): TableData {
  return {
    head: ["sigma", "seed", "phase", "loss", "loss without noise", "test loss", "noise weights"],
    rows: groups.flatMap(({ runs }) =>
      runs.map((run) => [
        ...[String(run.sigma), String(run.seed), run.phase],
        ...[run.loss, run.unperturbedLoss, run.testLoss, run.niwRatio].map((value) =>
          Number.isNaN(value) ? "" : String(Number(value.toPrecision(6))),
        ),
      ]),
    ),
  };
}

/** Gives its content the width that there is. */
function Wide({ children }: { readonly children: (width: number) => preact.ComponentChild }) {
  const holder = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = holder.current;
    if (!element) return;
    const watch = new ResizeObserver(() => setWidth(element.clientWidth));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  return <div ref={holder}>{width > 0 && children(width)}</div>;
}
