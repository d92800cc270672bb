import type { Experiment } from "../../../ts/experiment/schema.js";
import { type Curves, curvesOf } from "../../maths/aligned.js";
import type { PredictedCurves } from "../../maths/predicted/predictedCurves.js";
import type { Frame } from "../../maths/run/frame.js";
import { readableSigma } from "../../maths/run/stepReading.js";
import { short } from "../../maths/short.js";
import { letterOf } from "../../state/pins.js";
import { type CurveSet, type Line, Plot } from "../plot.js";
import { state } from "../session.js";
import { expected } from "./foretold.js";
import { ghostOf } from "./ghosts.js";
import { NetworkDrawing } from "./networkDrawing.js";

type Metric = "loss" | "niwNorm" | "memory" | "effective" | "reading" | "lambda";

/** The run's curves, live and in step with one another, with what theory expects. */
export function RunCurves({
  experiment,
  frame,
}: {
  readonly experiment: Experiment;
  readonly frame: Frame;
}) {
  const sigma = readableSigma(experiment);
  const rate = experiment.optimizer.learningRate * (sigma ?? 0) ** 2;
  const curves = curvesOf(frame.trajectory, frame.readings, rate);
  // The phase of a linear model is judged by its effective noise weight.
  const isLinear = frame.trajectory.steps.kappa.length > 0;
  const end = frame.steps;
  const theory = expected.value;
  const level = (label: string, value: number): CurveSet => ({
    x: [1, Math.max(10, end)],
    lines: [{ label, colour: "aside", values: [value, value], dash: [6, 4] }],
  });
  const under = (metrics: Partial<Record<Metric, Line["colour"]>>): CurveSet[] =>
    theory && theory.step.length > 0 ? [predictedSet(theory, metrics)] : [];
  const ghosts = (names: readonly (keyof Curves)[]) => ghostSets(experiment, names);
  return (
    <>
      <div class="plots">
        <NetworkDrawing frame={frame} />
        <Plot
          title="Loss"
          end={end}
          summary={`Training loss ${last(curves.loss)}; without noise ${last(curves.unperturbedLoss)}; on the test samples ${last(curves.testLoss)}.`}
          sets={[
            {
              x: curves.x,
              lines: [
                { label: "training, with noise", colour: "loss", values: curves.loss },
                {
                  label: "without noise",
                  colour: "unperturbedLoss",
                  values: curves.unperturbedLoss,
                },
                { label: "test", colour: "testLoss", values: curves.testLoss },
              ],
            },
            ...under({ loss: "loss" }),
            ...ghosts(["unperturbedLoss"]),
          ]}
        />
        <Plot
          title="Noise weights, relative to their start"
          end={end}
          summary={
            isLinear
              ? `Norm ${last(curves.niwNorm)} of its start; as the output feels it ${last(curves.effective)}.`
              : `Norm ${last(curves.niwNorm)} of its start; memory ${last(curves.memory)}.`
          }
          sets={[
            {
              x: curves.x,
              lines: [
                { label: "norm", colour: "niwNorm", values: curves.niwNorm },
                isLinear
                  ? { label: "as the output feels it", colour: "memory", values: curves.effective }
                  : { label: "memory q", colour: "memory", values: curves.memory },
              ],
            },
            level("1/e", Math.exp(-1)),
            ...under({ niwNorm: "niwNorm", memory: "memory", effective: "memory" }),
            ...ghosts(["effective", "memory"]),
          ]}
        />
        {rate > 0 && (
          <Plot
            title="Curvature that the noise feels"
            end={end}
            summary={`${last(isLinear ? curves.lambda : curves.reading)}; the noise weights become unstable above ${short(2 / rate)}.`}
            sets={[
              {
                x: curves.x,
                lines: [
                  isLinear
                    ? { label: "λ", colour: "unperturbedLoss", values: curves.lambda }
                    : {
                        label: "read, mean of 8",
                        colour: "unperturbedLoss",
                        values: curves.reading,
                      },
                ],
              },
              level("2/(ησ²)", 2 / rate),
              ...under({ reading: "unperturbedLoss", lambda: "unperturbedLoss" }),
              ...ghosts(["lambda", "reading"]),
            ]}
          />
        )}
      </div>
      {theory && (
        <p class="note" data-testid="theory">
          {theory.says} {theory.step.length > 0 && "The dotted curves show it."}
        </p>
      )}
    </>
  );
}

const NAMES: Readonly<Record<Metric, string>> = {
  loss: "predicted",
  niwNorm: "norm, predicted",
  memory: "q, predicted",
  effective: "felt, predicted",
  reading: "predicted",
  lambda: "predicted",
};

function predictedSet(
  theory: PredictedCurves,
  metrics: Partial<Record<Metric, Line["colour"]>>,
): CurveSet {
  const names = (Object.keys(metrics) as Metric[]).filter((name) => theory[name].length > 0);
  return {
    x: Array.from(theory.step, (step) => step + 1),
    lines: names.map((name) => ({
      label: NAMES[name],
      colour: metrics[name] ?? "aside",
      values: Array.from(theory[name], (value) =>
        value > 0 && Number.isFinite(value) ? value : null,
      ),
      dash: [2, 3],
    })),
  };
}

const DASHES = [[], [8, 3], [4, 3], [12, 3, 3, 3], [6, 2, 1, 2], [1, 3]];

/** The pinned runs but the one on show: of these columns the first that they have. */
function ghostSets(experiment: Experiment, names: readonly (keyof Curves)[]): CurveSet[] {
  return state.value.pins.flatMap((pin, i) => {
    const run = ghostOf(pin);
    if (!run || JSON.stringify(pin) === JSON.stringify(experiment)) return [];
    const { curves } = run;
    const name = names.find((one) => curves[one].some((value) => value !== null)) ?? names[0];
    const values = curves[name];
    const tag = letterOf(i);
    return [
      {
        x: curves.x,
        lines: [{ label: tag, colour: "aside", values, width: 1.1, dash: DASHES[i], tag }],
      },
    ];
  });
}

function last(column: readonly (number | null)[]): string {
  const value = column.findLast((one) => one !== null);
  return value === undefined || value === null ? "nothing to show yet" : short(value);
}
