import { csvOf } from "../../maths/csv.js";
import { exportedRows } from "../../maths/exportedRows.js";
import type { Frame } from "../../maths/run/frame.js";
import { short } from "../../maths/short.js";
import type { ExportedRun } from "../../worker/exportApi.js";
import { Export } from "../export.js";
import { state } from "../session.js";
import { helper } from "../workers.js";

/** Saves the run on show, as far as it goes. */
export function ExportRun({ frame }: { readonly frame: Frame | null }) {
  const run = frame && runOf(frame);
  return (
    <Export
      name="run"
      svg={run && (() => helper().runFigure(run, captionOf(run, frame)))}
      csv={run && (() => csvOf(exportedRows(run.trajectory)))}
      parquet={run && (() => helper().runParquet(run))}
    />
  );
}

/** Null until there is an evaluation besides the one at the start of the run. */
function runOf({ evidence, trajectory }: Frame): ExportedRun | null {
  if (!evidence || trajectory.evaluations.step.length < 2) return null;
  return { experiment: state.value.experiment, phase: evidence.phase, trajectory };
}

function captionOf({ experiment }: ExportedRun, { step, steps }: Frame): string {
  const { optimizer, seed, data, network } = experiment;
  return `${data.name}, hidden widths ${network.layers.join("-")}, ${network.activation}, learning rate ${short(optimizer.learningRate)}, seed ${seed}, ${step} of ${steps} steps`;
}
