import { ON_PHASE, PHASE_COLOURS } from "../../ts/report/palette.js";
import { short } from "../maths/short.js";
import { type Boundaries, placeOf, predictedPhase, segments } from "../maths/strip.js";

const STEPS = 400;

interface StripProps {
  readonly label: string;
  readonly sigma: number;
  readonly range: readonly [number, number];
  /** Null while they are being computed. */
  readonly boundaries: Boundaries | null;
  readonly onSigma: (sigma: number) => void;
}

/** A logarithmic slider of `sigma` over a strip of the phases that are predicted there. */
export function PhaseStrip({ label, sigma, range, boundaries, onSigma }: StripProps) {
  const [low, high] = range;
  const sigmaAt = (place: number) => Number((low * (high / low) ** (place / STEPS)).toPrecision(3));
  const shown = sigma > 0 ? sigma : low;
  const predicted = boundaries && predictedPhase(boundaries, shown);
  return (
    <div class="strip">
      <label>
        <span class="strip-label">
          {label} <b>{short(sigma)}</b>
        </span>
        <input
          type="range"
          min={0}
          max={STEPS}
          step={1}
          value={Math.round(placeOf(shown, range) * STEPS)}
          aria-valuetext={`sigma ${short(sigma)}${predicted ? `, ${predicted} predicted` : ""}`}
          onInput={(event) => onSigma(sigmaAt(Number(event.currentTarget.value)))}
        />
      </label>
      <div class="segments" aria-hidden="true">
        {boundaries === null && <span class="waiting">computing where the phases change …</span>}
        {boundaries &&
          segments(boundaries, range).map(({ phase, from, to }) => (
            <span
              key={phase}
              class="segment"
              style={{
                left: `${100 * from}%`,
                width: `${100 * (to - from)}%`,
                background: PHASE_COLOURS[phase],
                color: ON_PHASE[phase],
              }}
            >
              <span class="name">{phase}</span>
            </span>
          ))}
        <span class="dot" style={{ left: `${100 * placeOf(shown, range)}%` }} />
      </div>
      <div class="ends" aria-hidden="true">
        <span>{short(low)}</span>
        <span>{short(high)}</span>
      </div>
    </div>
  );
}
