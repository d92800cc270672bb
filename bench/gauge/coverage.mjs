import { build } from "esbuild";

/**
 * Counts over how many cases value ± 1.96 errors holds the curvature of the batch: the cases of `test/gauge/coverage.test.ts`, in
 * float64 and with passes of their own.
 */
export async function coverage(cases, passes) {
  const outfile = "build/gaugeCoverage.mjs";
  await build({
    entryPoints: ["test/support/gaugeCoverage.ts"],
    ...{ outfile, bundle: true, platform: "node", format: "esm", packages: "external" },
  });
  const { coverageCase, covers, errorsOff } = await import(`../../${outfile}`);
  const all = Array.from({ length: cases }, (_, k) => coverageCase(k, passes));
  const readings = [
    [`${passes} antithetic passes`, "antithetic"],
    ["8 antithetic passes", "eight"],
    ["1 antithetic pass", "one"],
    [`by step, ${passes} steps`, "step"],
  ];
  const off = all.map(({ bias, antithetic }) => Math.abs(bias) / antithetic.error);
  return {
    cases,
    passes,
    /** The largest part of the higher orders, over the error of all passes. */
    largestBias: Math.max(...off),
    rows: readings.map(([name, key]) => {
      const held = all.filter((one) => covers(one[key], one.exact)).length;
      const squares = all.map((one) => errorsOff(one[key], one.exact) ** 2);
      const meanSquare = squares.reduce((sum, x) => sum + x, 0) / cases;
      return { name, held, share: held / cases, rmsErrorsOff: Math.sqrt(meanSquare) };
    }),
  };
}

/** The count in lines of Markdown. */
export function coverageLines({ cases, largestBias, rows }) {
  return [
    "| reading | 95 % interval holds the truth | root mean square of (value - truth) / error |",
    "| --- | --- | --- |",
    ...rows.map(
      ({ name, held, share, rmsErrorsOff }) =>
        `| ${name} | ${held} of ${cases} (${(100 * share).toFixed(1)} %) | ${rmsErrorsOff.toFixed(2)} |`,
    ),
    "",
    `The higher orders add at most ${largestBias.toFixed(2)} errors.`,
  ].join("\n");
}
