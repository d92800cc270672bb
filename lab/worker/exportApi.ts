import type { Phase } from "../../ts/analysis/phase.js";
import type { Experiment } from "../../ts/experiment/schema.js";
import type { LinearBoundaries } from "../../ts/theory/linearBoundaries.js";
import type { Trajectory } from "../../ts/trajectory/trajectory.js";
import { exportedRows } from "../maths/exportedRows.js";
import type { LinearCurve } from "../maths/linearSigmas.js";

/** A run as far as it goes. */
export interface ExportedRun {
  readonly experiment: Experiment;
  readonly phase: Phase;
  readonly trajectory: Trajectory;
}

/** One cell of the phase map. */
export interface ExportedCell {
  readonly sigma: number;
  readonly learningRate: number;
  readonly phase: Phase;
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

  /** The report's phase grid, as SVG. */
  async mapFigure(
    cells: readonly ExportedCell[],
    atOne: LinearBoundaries | null,
    caption: string,
  ): Promise<string> {
    const { phaseGrid } = await import("./figures.js");
    const predicted = Object.entries(atOne ?? {}).map(([name, sigma]) => ({
      name,
      sigma: (rate: number) => (sigma as number) / Math.sqrt(rate),
    }));
    return phaseGrid({ title: "Phases of the linear model", caption, cells, predicted });
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
