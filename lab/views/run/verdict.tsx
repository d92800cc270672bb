import type { Frame } from "../../maths/run/frame.js";
import { PhaseBadge } from "../phaseBadge.js";

/** The phase, what decided it, and what it is close to. */
export function Verdict({ frame }: { readonly frame: Frame | null }) {
  const evidence = frame?.evidence;
  return (
    <div>
      <p class="verdict" aria-live={frame?.end ? "polite" : "off"} data-testid="verdict">
        {evidence && (
          <>
            <PhaseBadge phase={evidence.phase} />{" "}
          </>
        )}
        {sentenceOf(frame)}
      </p>
      {frame?.end && evidence?.phase === "divergent" && (
        <p>
          The run diverged: for this noise and learning rate that is the result, and no error of the
          page.
        </p>
      )}
      {frame?.end?.early && (
        <p>
          It ended after {frame.step} of {frame.steps} steps, because it met its stop condition.
        </p>
      )}
    </div>
  );
}

function sentenceOf(frame: Frame | null): string {
  if (!frame) return "The run is being prepared.";
  const { evidence, end } = frame;
  if (!evidence) return "The run waits before its first update.";
  const near = evidence.closeTo ? `; close to ${evidence.closeTo}` : "";
  return `${end ? "" : "so far, "}${evidence.reason}${near}.`;
}
