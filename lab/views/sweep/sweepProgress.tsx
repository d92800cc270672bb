import { duration } from "../../maths/sweep/sweepFigure.js";
import { fromFiles } from "../../state/pageLimits.js";
import { change, state } from "../session.js";
import {
  estimate,
  goOnWithoutKeeping,
  keeping,
  points,
  progress,
  trouble,
  turnOn,
  working,
} from "./sweepSession.js";

/** How far a sweep is, and the button that starts and pauses it. */
export function SweepProgress() {
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

/** What went wrong, and what can be done. */
export function SweepTrouble() {
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
