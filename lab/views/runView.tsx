import { useEffect } from "preact/hooks";
import { Controls } from "./controls.js";
import { useForetold } from "./foretold.js";
import { RunCurves } from "./runCurves.js";
import { RunMachine } from "./runMachine.js";
import { frame, isOpen, openRun, state } from "./session.js";
import { Share } from "./share.js";
import { SigmaStrip } from "./sigmaStrip.js";
import { Transport } from "./transport.js";
import { Verdict } from "./verdict.js";

/** Milliseconds that a slider must rest before the run begins anew. */
const REST = 60;

/** One experiment, trained while one watches. */
export function RunView() {
  const { experiment } = state.value;
  const key = JSON.stringify(experiment);
  useEffect(() => {
    if (isOpen(experiment)) return;
    const timer = setTimeout(() => openRun(experiment, true), REST);
    return () => clearTimeout(timer);
  }, [key]);
  useForetold(experiment);
  const shown = frame.value;
  return (
    <section aria-label="One run">
      <Verdict frame={shown} />
      <SigmaStrip experiment={experiment} />
      <Transport frame={shown} />
      {shown && <RunCurves experiment={experiment} frame={shown} />}
      <RunMachine frame={shown} />
      <details open={innerWidth > 700}>
        <summary>The experiment</summary>
        <Controls />
      </details>
      <Share />
      {shown?.end && (
        <p class="hash">
          Digest of this run: <code data-testid="hash">{shown.end.hash}</code>, made by{" "}
          {shown.end.machines}. On WebAssembly the same experiment has the same digest on every
          host.
        </p>
      )}
    </section>
  );
}
