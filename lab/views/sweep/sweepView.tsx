import { signal } from "@preact/signals";
import { PHASES } from "../../../ts/analysis/phase.js";
import { bySigma, type SigmaGroup } from "../../maths/sweep/sweepFigure.js";
import { PhaseBadge } from "../phaseBadge.js";
import { strip } from "../predictedStrip.js";
import { state } from "../session.js";
import { CopyTable, type TableData } from "../table.js";
import { Wide } from "../wide.js";
import { ExportSweep } from "./exportSweep.js";
import { Kept } from "./kept.js";
import { SweepBoundaries } from "./sweepBoundaries.js";
import { SweepFigure } from "./sweepFigure.js";
import { SweepPlan } from "./sweepPlan.js";
import { SweepProgress, SweepTrouble } from "./sweepProgress.js";
import { SweepReading } from "./sweepReading.js";
import { follow, imported, points } from "./sweepSession.js";

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
  const onPlace = (next: number) => {
    at.value = next;
  };
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
          <SweepPlan spec={sweep} />
          <SweepProgress />
        </>
      )}
      <SweepTrouble />
      {groups.length > 0 && (
        <>
          <Wide>
            {(width) => (
              <SweepFigure
                {...{ groups, width, forecast: strip.value }}
                range={folder ? endsOf(groups) : [sweep.from, sweep.to]}
                at={place}
                onAt={onPlace}
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
          <SweepReading {...{ groups, place, onPlace }} />
          <SweepBoundaries runs={shown} />
          <ExportSweep runs={shown} />
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
