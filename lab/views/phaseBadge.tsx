import type { Phase } from "../../ts/analysis/phase.js";
import { ON_PHASE, PHASE_COLOURS } from "../../ts/report/palette.js";

/** A phase by its colour and its name. */
export function PhaseBadge({ phase }: { readonly phase: Phase }) {
  return (
    <span class="badge" style={{ background: PHASE_COLOURS[phase], color: ON_PHASE[phase] }}>
      {phase}
    </span>
  );
}
