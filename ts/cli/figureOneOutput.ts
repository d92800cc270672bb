import { join } from "node:path";
import type { FigureOne } from "../paper/figureOne.js";
import type { Claim } from "../paper/paperClaims.js";
import { type ValidityCell, validUntil } from "../probe/expansionValidity.js";
import { increasing } from "../report/axes.js";
import { type PagePart, page } from "../report/page.js";
import { writeWhole } from "../store/node/atomic.js";
import { writeSpec } from "../store/node/openStore.js";
import { writeFigure, writeJson } from "../store/node/results.js";
import { comparisonTable, shown } from "./comparisons.js";
import { captionOf, figureOneFigures } from "./figureOneFigures.js";
import { digits, table } from "./terminal.js";

/** The command line's JSON for the reproduction. */
export function figureOneSummary(
  found: FigureOne,
  claims: readonly Claim[],
  cells: readonly ValidityCell[],
) {
  const { input, boundaries, predicted, forecast, probes, runs } = found;
  const { similarity, similarityChance } = found;
  return {
    input,
    claims,
    boundaries,
    predicted,
    forecast,
    similarity,
    similarityChance,
    probes: probes.map(({ experiment, phase, comparisons }) => ({
      sigma: experiment.noise[0].sigma,
      phase,
      comparisons,
    })),
    runs: runs.map(({ trajectory: _, ...run }) => run),
    validity: [...new Set(cells.map(({ distribution }) => distribution))].map((distribution) => {
      const own = cells.filter((cell) => cell.distribution === distribution);
      return {
        distribution,
        below10Percent: validUntil(own, 0.1),
        below30Percent: validUntil(own, 0.3),
      };
    }),
  };
}

/** Writes figures, report and summary into a folder; `grid` is the figure of the linear model. */
export async function writeFigureOne(
  folder: string,
  found: FigureOne,
  claims: readonly Claim[],
  cells: readonly ValidityCell[],
  grid: string,
) {
  const drawn = { ...figureOneFigures(found, cells), "linear-phases": grid };
  await writeSpec(folder, found.input);
  for (const [name, svg] of Object.entries(drawn)) await writeFigure(folder, name, svg);
  const words: Record<string, string> = {
    training: "The paper's Figure 1, centre",
    "time-scales": "The paper's Figure 1, right",
    phases: "Phases",
    probe: "Readings and predictions",
    validity: "Where the expansion holds, for each distribution of the noise",
    "linear-phases": "The linear model",
  };
  const parts: PagePart[] = [
    {
      heading: "Claims",
      table: {
        head: ["claim", "verdict", "because"],
        rows: claims.map(({ claim, verdict, because }) => [claim, verdict, because]),
      },
    },
    ...Object.entries(drawn).map(([name, svg]) => ({ heading: words[name], svg })),
    ...found.probes.map(({ experiment, phase, comparisons }) => ({
      heading: `Probe at sigma ${digits(experiment.noise[0].sigma)}: ${phase}`,
      table: comparisonTable(comparisons),
    })),
  ];
  await writeWhole(
    join(folder, "report.html"),
    page({
      title: "Figure 1, reproduced",
      lead: captionOf(found),
      parts,
      provenance: provenanceOf(found),
    }),
  );
  await writeJson(folder, "summary.json", figureOneSummary(found, claims, cells));
}

function provenanceOf({
  input,
  runs,
  boundaries,
  predicted,
  forecast,
}: FigureOne): readonly (readonly [string, string])[] {
  return [
    ["runs", String(runs.length)],
    ["seeds", increasing(runs.map(({ seed }) => seed)).join(", ")],
    [
      "sigma",
      increasing(runs.map(({ sigma }) => sigma))
        .map(digits)
        .join(", "),
    ],
    [
      "measured boundaries",
      (["decay", "catapult", "divergent"] as const)
        .map((name) => `${name} ${digits(boundaries.both[name].measured)}`)
        .join(", "),
    ],
    [
      "forecast boundaries",
      (["decay", "catapult", "divergent"] as const)
        .map((name) => `${name} ${shown(forecast?.[name] ?? null)}`)
        .join(", "),
    ],
    [
      "boundaries by the curvature at the start",
      (
        [
          ["decay", predicted.decay],
          ["decay, pointwise", predicted.decayPointwise],
          ["catapult", predicted.catapult],
          ["catapult, pointwise", predicted.catapultPointwise],
        ] as const
      )
        .map(([name, value]) => `${name} ${shown(value)}`)
        .join("; "),
    ],
    ["experiment", JSON.stringify(input)],
  ];
}

/** The claims for a terminal. */
export function claimsTable(claims: readonly Claim[]): string {
  const wrapped = (text: string, width: number) =>
    text.replace(new RegExp(`(.{1,${width}})(?: |$)`, "g"), "$1\n").trimEnd();
  return table(
    ["claim", "verdict", "because"],
    claims.map(({ claim, verdict, because }) => [
      wrapped(claim, 36),
      verdict,
      wrapped(because, 60),
    ]),
  );
}
