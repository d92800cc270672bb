import type { Phase } from "../../ts/analysis/phase.js";
import type { Experiment } from "../../ts/experiment/schema.js";
import type { PhaseMapPanel } from "../../ts/report/phaseMap.js";
import type { LinearBoundaries } from "../../ts/theory/linearBoundaries.js";
import type { Trajectory } from "../../ts/trajectory/trajectory.js";
import { csvOf } from "../maths/csv.js";
import { exportedRows } from "../maths/exportedRows.js";
import type { LinearCurve } from "../maths/linearSigmas.js";
import { cellsOf, type PhaseMap, thinned } from "../maths/phaseMap.js";

/** A run as far as it goes. */
export interface ExportedRun {
  readonly experiment: Experiment;
  readonly phase: Phase;
  readonly trajectory: Trajectory;
}

/** The calls by which the page takes things along. What draws and writes is loaded once it is asked for. */
export const exportApi = {
  /** The report's figure of a run, as SVG. */
  async runFigure(run: ExportedRun, caption: string): Promise<string> {
    const { trainingCurves, runCurves } = await import("./figures.js");
    return trainingCurves({ title: "A run of the lab", caption }, [runCurves(run)]);
  },

  /** The report's figure of the linear model's runs, as SVG. */
  async phasesFigure(runs: readonly LinearCurve[], caption: string): Promise<string> {
    const { linearTrajectories } = await import("./figures.js");
    const curves = runs.map(({ cell, loss, effectiveNiw }) => ({ ...cell, loss, effectiveNiw }));
    return linearTrajectories({ title: "The phases of the linear model", caption }, curves);
  },

  /** All cells of the phase map. */
  async mapCsv(map: PhaseMap): Promise<string> {
    return csvOf(cellsOf(map).map((cell) => ({ ...cell })));
  },

  /** The report's phase grid, as SVG, of one cell in sixteen: each is a mark of its own. */
  async mapFigure(map: PhaseMap, atOne: LinearBoundaries | null, caption: string): Promise<string> {
    const { phaseGrid } = await import("./figures.js");
    const predicted = Object.entries(atOne ?? {}).map(([name, sigma]) => ({
      name,
      sigma: (rate: number) => (sigma as number) / Math.sqrt(rate),
    }));
    return phaseGrid({
      title: "Phases of the linear model",
      caption,
      cells: thinned(map),
      predicted,
    });
  },

  /** The report's figure of a sweep: which share of the seeds is in which phase, as SVG. */
  async sweepFigure(
    runs: PhaseMapPanel["runs"],
    boundaries: PhaseMapPanel["boundaries"],
  ): Promise<string> {
    const { phaseMap } = await import("./figures.js");
    const caption = `${runs.length} runs`;
    return phaseMap({ title: "Phases over the noise", caption, panels: [{ runs, boundaries }] });
  },

  /** A run's record as the command line writes it: Parquet, with the experiment in its metadata. */
  async runParquet({ experiment, trajectory }: ExportedRun): Promise<ArrayBuffer> {
    const { parquetWriteBuffer } = await import("hyparquet-writer");
    const rows = exportedRows(trajectory);
    const names = Object.keys(rows[0] ?? {}) as (keyof (typeof rows)[number])[];
    return parquetWriteBuffer({
      columnData: names.map((name) => {
        const data = rows.map((row) => row[name]);
        return { name, data, type: "DOUBLE", nullable: true } as const;
      }),
      kvMetadata: [{ key: "experiment", value: JSON.stringify(experiment) }],
    });
  },
};
