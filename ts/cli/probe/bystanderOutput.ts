import { dawn } from "../../backend/node/dawn.js";
import { InputError } from "../../errors/errors.js";
import { sweepRuns } from "../../experiment/sweep.js";
import { loadKernels } from "../../kernels/kernels.js";
import { type BystanderResult, bystander } from "../../probe/bystander.js";
import { bystanderCurves } from "../../report/bystanderCurves.js";
import { prepareFolder, writeSpec } from "../../store/node/openStore.js";
import { writeFigure, writeJson, writeTrajectories } from "../../store/node/results.js";
import { comparisonTable, shown } from "../comparisons.js";
import type { Interrupt } from "../interrupt.js";
import { beginning, dataFiles, type RunOptions, type voiceOf } from "../options.js";
import { digits, ProgressBar, table } from "../terminal.js";

export interface BystanderCommandOptions extends RunOptions {
  readonly samples?: number;
  readonly moments?: number;
  readonly at?: readonly number[];
  readonly repeats?: number;
  readonly precision?: number;
  readonly layer?: number;
}

/** `ninscope probe --bystander`: reads the curvature over time of a run without disturbing it. */
export async function bystanderCommand(
  given: Parameters<typeof sweepRuns>[0],
  options: BystanderCommandOptions,
  voice: ReturnType<typeof voiceOf>,
  interrupt: Interrupt,
): Promise<void> {
  const runs = sweepRuns(given);
  if (runs.length > 1) {
    throw new InputError("sweep", `sweep has ${runs.length} runs: --bystander takes a single run`);
  }
  const claim = { spec: runs[0].experiment, begin: beginning(options) };
  if (options.out) await prepareFolder(options.out, claim);
  const progress = new ProgressBar("bystander", voice);
  try {
    const { backend, fast, samples, moments, at, precision, layer, repeats } = options;
    const found = await bystander(runs[0].experiment, {
      kernels: await loadKernels({ fast }),
      gpu: { source: dawn },
      ...{ backend, samples, moments, at, precision, layer, repeats },
      files: dataFiles(voice, interrupt.signal),
      signal: interrupt.signal,
      onProgress: progress.report,
    });
    const summary = summaryOf(found);
    if (options.out) await write(options.out, found, summary);
    progress.stop();
    process.stdout.write(voice.json ? `${JSON.stringify(summary)}\n` : `${described(found)}\n`);
  } finally {
    progress.stop();
  }
}

function summaryOf({ chosen, probed, alone, comparisons }: BystanderResult) {
  return {
    data: probed.dataset,
    chosen,
    comparisons: [...comparisons, ...readings(probed)],
    moments: probed.moments,
    final: { probed: probed.final, alone: alone.final },
  };
}

function readings({ comparisons }: BystanderResult["probed"]) {
  return comparisons.filter(({ what }) => what.startsWith("curvature read by an antithetic pass"));
}

async function write(folder: string, found: BystanderResult, summary: unknown): Promise<void> {
  const { probed, alone, chosen } = found;
  const { experiment } = probed;
  await writeSpec(folder, experiment);
  await writeTrajectories(folder, [{ trajectory: async () => probed.trajectory }], {});
  const [watched, without] = [probed.trajectory.evaluations, alone.trajectory.evaluations];
  await writeFigure(
    folder,
    "curvature",
    bystanderCurves({
      title: "The curvature that a bystander's noise weights read",
      caption: `data ${experiment.data.name}, layer ${chosen.layer}, ${chosen.nodes} nodes of sigma ${digits(chosen.sigma)}, seed ${experiment.seed}; readings with two standard errors`,
      moments: probed.moments,
      losses: Array.from(watched.epoch, (epoch, i) => ({
        epoch,
        watched: watched.unperturbedLoss[i],
        alone: without.unperturbedLoss[i],
      })),
    }),
  );
  await writeJson(folder, "summary.json", summary);
}

function described({ chosen, probed, comparisons }: BystanderResult): string {
  const { nodes, sigma, reach, passes, steps, precision, expected, mean } = chosen;
  const percent = (x: number) => `${digits(100 * x)} %`;
  const found = comparisonTable([...comparisons, ...readings(probed)]);
  return [
    table(
      ["chosen noise", ""],
      [
        ["nodes", String(nodes)],
        ["sigma", digits(sigma)],
        ["reach, sigma |W_NI|", digits(reach)],
        ["antithetic passes a reading", String(passes)],
        ["or plain training steps", String(steps)],
        ["error of a reading: requested", percent(precision)],
        ["error of a reading: expected", percent(expected)],
        [
          "its parts: directions, noise, bias",
          [chosen.directions, chosen.noise, chosen.bias].map(percent).join(", "),
        ],
        ["tr<H> / units at the end, direct", shown(mean)],
      ],
    ),
    table(
      ["epoch", "read", "direct, smoothed", "pointwise"],
      probed.moments.map(({ epoch, antithetic, smoothed, smoothedError, pointwise }) => [
        digits(epoch),
        shown(antithetic),
        shown({ value: smoothed, error: smoothedError }),
        digits(pointwise),
      ]),
    ),
    table(
      found.head.slice(0, 4),
      found.rows.map((row) => row.slice(0, 4)),
    ),
  ].join("\n");
}
