import { type BoundaryName, measuredBoundaries } from "../../../ts/analysis/boundaries.js";
import { short } from "../../maths/short.js";
import type { SweptPoint } from "../../maths/sweep/sweepJob.js";
import { strip } from "../predictedStrip.js";

const NAMES = { decay: "decay", catapult: "catapult", divergent: "divergence" } as const;

/** Where the phases change: by the runs, and by the forecast. */
export function SweepBoundaries({ runs }: { readonly runs: readonly SweptPoint[] }) {
  const measured = measuredBoundaries(runs);
  const forecast = strip.value;
  return (
    <div class="table">
      <table>
        <caption>Where the phases begin</caption>
        <thead>
          <tr>
            <th scope="col">phase</th>
            <th scope="col">σ in these runs, and its bracket</th>
            <th scope="col">σ forecast, and its 95 % interval</th>
          </tr>
        </thead>
        <tbody>
          {(Object.keys(NAMES) as BoundaryName[]).map((name) => {
            const { measured: value, bracket } = measured[name];
            const told = forecast?.boundaries[name];
            return (
              <tr key={name}>
                <th scope="row">{NAMES[name]}</th>
                <td>
                  {value !== null && bracket
                    ? `${short(value)} (${short(bracket[0])} to ${short(bracket[1])})`
                    : "not crossed yet"}
                </td>
                <td>
                  {told
                    ? `${short(told.value)} (${short(told.low)} to ${short(told.high)})`
                    : forecast
                      ? "none found"
                      : "being computed"}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
