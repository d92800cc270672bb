import type { Frame } from "../../maths/run/frame.js";
import { edited } from "../../state/edit.js";
import { change, state } from "../session.js";
import { pause, play, playing, seek, slow, slowness, stepOnce } from "./openedRun.js";

const PACES = [
  [1, "usual pace"],
  [4, "slow"],
  [16, "slower"],
] as const;

/** Play, pause, single steps, another seed, and the time line. */
export function Transport({ frame }: { readonly frame: Frame | null }) {
  const { experiment } = state.value;
  const step = frame?.step ?? 0;
  const steps = frame?.steps ?? 1;
  const nextSeed = (experiment.seed + 1) % 2 ** 32;
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
          onClick={() => change({ experiment: edited(experiment, "seed", nextSeed) })}
        >
          Next seed
        </button>
        <label>
          Pace{" "}
          <select
            value={String(slowness.value)}
            onChange={(event) => slow(Number(event.currentTarget.value))}
          >
            {PACES.map(([times, name]) => (
              <option key={times} value={String(times)} selected={times === slowness.value}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </div>
      <label class="timeline">
        <span>
          Step <b data-testid="step">{step}</b> of {steps}
        </span>
        <input
          type="range"
          min={0}
          max={steps}
          step={1}
          value={step}
          disabled={!frame}
          aria-valuetext={`step ${step} of ${steps}`}
          onInput={(event) => seek(Number(event.currentTarget.value))}
        />
      </label>
      <p class="note">
        Going back trains again, to the same bits. The pace changes what you see, not the result;
        the next seed draws other data, weights and noise.
      </p>
    </div>
  );
}
