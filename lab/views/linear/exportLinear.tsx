import { PHASES } from "../../../ts/analysis/phase.js";
import type { LinearBoundaries } from "../../../ts/theory/linearBoundaries.js";
import { csvOf } from "../../maths/csv.js";
import { type LinearCurve, MAP_RATES, MAP_SIGMAS, type MapCell } from "../../maths/linearSigmas.js";
import { LINEAR, SWEEP_RATE } from "../../state/defaults.js";
import type { MapSpec } from "../../state/labState.js";
import { Export } from "../export.js";
import { helpers } from "../session.js";

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
      svg={some ? () => helpers[0].phasesFigure(oneOfEach(curves), caption) : null}
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
  readonly model: MapSpec;
  readonly cells: readonly MapCell[];
  readonly atOne: LinearBoundaries | null;
}

/** Saves the phase map. */
export function ExportMap({ model, cells, atOne }: ExportMapProps) {
  const caption = `width ${model.width}, ${model.samples} samples, ${model.steps} steps, seed ${model.seed}`;
  const placed = () =>
    cells.map((cell, i) => ({
      sigma: MAP_SIGMAS[i % MAP_SIGMAS.length],
      learningRate: MAP_RATES[Math.floor(i / MAP_SIGMAS.length)],
      ...cell,
    }));
  const some = cells.length > 0;
  return (
    <Export
      name="phase-map"
      svg={some ? () => helpers[0].mapFigure(placed(), atOne, caption) : null}
      csv={some ? () => csvOf(placed()) : null}
    />
  );
}
