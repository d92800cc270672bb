import type { Experiment } from "../../../ts/experiment/schema.js";
import type { Boundaries } from "../../maths/strip.js";
import { withSigma } from "../../state/edit.js";
import { PhaseStrip } from "../phaseStrip.js";
import { strip } from "../predictedStrip.js";
import { change } from "../session.js";

/** The slider's ends where no boundary is known. */
const WIDEST = [0.01, 1000] as const;

/** The slider of `sigma` over the phases that are forecast. */
export function SigmaStrip({ experiment }: { readonly experiment: Experiment }) {
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
      {found && (
        <p class="note">
          {says} σ is the standard deviation of what the nodes carry; the dot is this run.
        </p>
      )}
    </div>
  );
}

/** Beyond the outer boundaries, so that all phases are in reach. */
function rangeOf(boundaries: Boundaries | null): readonly [number, number] {
  const known = Object.values(boundaries ?? {}).filter((value) => value !== null);
  if (known.length === 0) return WIDEST;
  return [Math.min(...known) / 10, Math.max(...known) * 5];
}
