import { type BoundaryName, measuredBoundaries } from "../../../ts/analysis/boundaries.js";
import { csvOf } from "../../maths/csv.js";
import type { SweptPoint } from "../../maths/sweep/sweepJob.js";
import { Export } from "../export.js";
import { strip } from "../predictedStrip.js";
import { helper } from "../workers.js";

const NAMES: readonly BoundaryName[] = ["decay", "catapult", "divergent"];

/** Saves a sweep: the report's figure of its phases, or all runs as numbers. */
export function ExportSweep({ runs }: { readonly runs: readonly SweptPoint[] }) {
  const svg = () => {
    const measured = measuredBoundaries(runs);
    const boundaries = NAMES.map((name) => {
      const predicted = strip.value?.boundaries[name]?.value ?? null;
      return [name, { predicted, measured: measured[name].measured }] as const;
    });
    const cells = runs.map(({ sigma, phase }) => ({ sigma, phase }));
    return helper().sweepFigure(cells, Object.fromEntries(boundaries) as SweptBoundaries);
  };
  return <Export name="sweep" svg={svg} csv={() => csvOf(runs.map((run) => ({ ...run })))} />;
}

type SweptBoundaries = Parameters<ReturnType<typeof helper>["sweepFigure"]>[1];
