import { short } from "../../maths/short.js";
import type { SigmaGroup } from "../../maths/sweep/sweepFigure.js";
import { PhaseBadge } from "../phaseBadge.js";
import { change, state } from "../session.js";

/** The runs at one `sigma`, and the way to watch one of them. */
export function SweepReading({
  groups,
  place,
  onPlace,
}: {
  readonly groups: readonly SigmaGroup[];
  /** Which of the groups is on show. */
  readonly place: number;
  readonly onPlace: (place: number) => void;
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
          onInput={(event) => onPlace(Number(event.currentTarget.value))}
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
