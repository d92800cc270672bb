import { PHASES } from "../../../ts/analysis/phase.js";
import type { LinearBoundaries } from "../../../ts/theory/linearBoundaries.js";
import { csvOf } from "../../maths/csv.js";
import type { LinearCurve } from "../../maths/linearSigmas.js";
import type { PhaseMap } from "../../maths/phaseMap.js";
import { LINEAR, SWEEP_RATE } from "../../state/defaults.js";
import { Export } from "../export.js";
import { helper } from "../workers.js";

/** Saves the linear model's sweep: as a figure with a run of each phase, or all runs as numbers. */
export function ExportPhases({ curves }: { readonly curves: readonly LinearCurve[] }) {
  const caption = `width ${LINEAR.width}, ${LINEAR.samples} samples, learning rate ${SWEEP_RATE}, seed ${LINEAR.seed}`;
  const rows = () =>
    curves.map(({ cell }) => ({
      ...{ sigma: cell.sigma, learningRate: cell.learningRate, phase: cell.phase },
      ...{ kappa: cell.kappa, lossStart: cell.lossStart },
      ...{ lossMax: cell.lossMax, lossEnd: cell.lossEnd, steps: cell.steps },
    }));
  const some = curves.length > 0;
  return (
    <Export
      name="phases"
      svg={some ? () => helper().phasesFigure(oneOfEach(curves), caption) : null}
      csv={some ? () => csvOf(rows()) : null}
    />
  );
}

/** The middle run of each phase. */
function oneOfEach(curves: readonly LinearCurve[]): LinearCurve[] {
  return PHASES.flatMap((phase) => {
    const own = curves.filter(({ cell }) => cell.phase === phase);
    return own.slice(Math.floor(own.length / 2)).slice(0, 1);
  });
}

interface ExportMapProps {
  /** Null: it is still being computed. */
  readonly map: PhaseMap | null;
  readonly atOne: LinearBoundaries | null;
}

/** Saves the phase map. */
export function ExportMap({ map, atOne }: ExportMapProps) {
  if (!map) return <Export name="phase-map" svg={null} csv={null} />;
  const { width, samples, steps, seed } = map.model;
  const caption = `width ${width}, ${samples} samples, ${steps} steps, seed ${seed}`;
  return (
    <Export
      name="phase-map"
      svg={() => helper().mapFigure(map, atOne, caption)}
      csv={() => helper().mapCsv(map)}
    />
  );
}
