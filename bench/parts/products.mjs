import { blasLines } from "../lib/blas.mjs";
import { nodeSide, pythonSide, withSides } from "../lib/field.mjs";
import { gauged, peakSides } from "../lib/peaks.mjs";
import { measure, rate, ratio, raw, shareOfGauge } from "../lib/rounds.mjs";
import { failures, spread } from "../lib/table.mjs";
import { held, verdict } from "../lib/targets.mjs";

/** `[m, k, n]`: m samples through a layer from k to n. */
const SHAPES = [
  [128, 784, 64],
  [128, 784, 256],
  [128, 784, 512],
  [128, 784, 1024],
  [128, 512, 512],
  [512, 512, 512],
  [1024, 1024, 1024],
  [128, 512, 10],
];
const QUICK = [
  [128, 784, 512],
  [512, 512, 512],
  [128, 512, 10],
];
const CASES = ["forward", "backward", "update"];
const MEANS = { forward: "x W'", backward: "delta W", update: "delta' x" };
/** From this size on, a product has a target: a share of the peak. */
const LARGE = 128 * 784 * 512;
const SHARE = 0.85;

/** Times matrix products in the transpositions of a training step, the peak, and NumPy's BLAS on one thread. */
export async function products({ rounds, quick }) {
  const results = [];
  for (const [m, k, n] of quick ? QUICK : SHAPES) {
    const shape = { m, k, n };
    const ours = [false, true].map((fast) =>
      nodeSide(fast ? "ninscope fast" : "ninscope", "ours/product.mjs", [
        JSON.stringify({ ...shape, fast }),
      ]),
    );
    const numpy = pythonSide("NumPy", "numpy", "peers/product_numpy.py", [m, k, n].map(String));
    await withSides([...peakSides(), ...ours, numpy], async (sides) => {
      const contestants = gauged(sides).flatMap((entry) =>
        CASES.map((name) => ({ ...entry, case: name, work: 2 * m * k * n })),
      );
      const field = await measure(contestants, rounds);
      for (const entry of field) results.push(resultOf(field, entry, shape));
    });
  }
  return {
    results,
    targets: results.flatMap(({ target }) => target ?? []),
    tables: [table(results)],
  };
}

function resultOf(field, entry, shape) {
  const { name, failed, side } = entry;
  const own = side?.ready.module;
  const share = shareOfGauge(entry);
  const other = field.find((one) => one.name === "NumPy" && one.case === entry.case);
  const size = `${shape.m} x ${shape.k} x ${shape.n}`;
  return {
    ...shape,
    case: entry.case,
    side: name,
    module: own,
    blas: side?.ready.blas,
    failed,
    flopsPerSecond: rate(entry),
    measured: raw(entry),
    shareOfPeak: share,
    ofNumpy: own && !other.failed && !failed ? ratio(entry, other) : null,
    target:
      own && shape.m * shape.k * shape.n >= LARGE
        ? held(`${size} ${entry.case}, ${name}: share of the peak`, share, SHARE)
        : null,
  };
}

function table(results) {
  return {
    title: "Matrix products: m samples through a layer from k to n",
    head: ["m x k x n", "", "by", "GFLOP/s", "of the module's peak", "of NumPy", "target", ""],
    rows: results.map(({ m, k, n, side, failed, flopsPerSecond, ...result }) => [
      `${m} x ${k} x ${n}`,
      MEANS[result.case],
      side,
      failed ? "failed" : spread(flopsPerSecond, 1e-9),
      spread(result.shareOfPeak),
      spread(result.ofNumpy),
      ...verdict(result.target),
    ]),
    notes: [...blasLines(results), ...failures(results)],
  };
}
