import { useEffect } from "preact/hooks";
import type { Frame } from "../../maths/run/frame.js";
import { embedded } from "../embedded.js";
import { state } from "../session.js";
import { Share } from "../share.js";
import { Controls } from "./controls.js";
import { ExportRun } from "./exportRun.js";
import { useForetold } from "./foretold.js";
import { frame, isOpen, openRun } from "./openedRun.js";
import { Pins } from "./pins.js";
import { RunCurves } from "./runCurves.js";
import { RunMachine } from "./runMachine.js";
import { SigmaStrip } from "./sigmaStrip.js";
import { Transport } from "./transport.js";
import { Verdict } from "./verdict.js";

/** Milliseconds that a slider must rest before the run begins anew. */
const REST = 60;

/** What one changes, compares and takes along. */
function Workshop({ frame: shown }: { readonly frame: Frame | null }) {
  return (
    <>
      <Pins />
      <RunMachine frame={shown} />
      <details open={innerWidth > 700}>
        <summary>The experiment</summary>
        <Controls />
      </details>
      <ExportRun frame={shown} />
      <Share />
    </>
  );
}

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
      {!embedded && <Workshop frame={shown} />}
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
