import { type TrajectoryRow, trajectoryRows } from "../../ts/format/trajectoryRows.js";
import type { Trajectory } from "../../ts/trajectory/trajectory.js";

/** A run's record row by row, as files of it have it: step and epoch first. */
export function exportedRows(trajectory: Trajectory): Record<keyof TrajectoryRow, number | null>[] {
  return trajectoryRows(trajectory).map(({ step, epoch, ...measured }) => ({
    ...{ step, epoch },
    ...measured,
  }));
}
