import { dot, squares } from "../../build/js/ts/analysis/vectors.js";
import { criticalSharpness } from "../../build/js/ts/curvature/criticalSharpness.js";
import { denseHessian, hutchinsonTrace, topSpectrum } from "../../build/js/ts/curvature/hessian.js";
import { curvatureOver } from "../../build/js/ts/gauge/curvatureOver.js";
import { NoiseProbe } from "../../build/js/ts/gauge/noiseProbe.js";

/** Root mean square length of the noise's shifts of the layer's vector of pre-activations. */
export const REACH = 0.1;
/** A reach at which a step reads its curvature with less noise, and more bias of the higher orders. */
export const FAR = 1;
const NODES = 32;
/** Directions of the curvature probe that share a base pass. */
const TOGETHER = 32;

/**
 * The readings of all instruments at the same weights: `{ name, reads, kind, value, stated, passes, seconds }`. `reads` names the
 * truth, and `kind` which curvature the instrument sees. `passes` counts forward and backward passes over all samples: a loss alone is
 * half of one, and a Hessian-vector product is one besides the base pass that it shares with others of its call.
 */
export async function readingsOf({ layer, probe, streams, seed, gradient, kernels }) {
  const { mean } = gradient;
  const near = probeOf(layer, kernels, seed, REACH);
  const { steps, antithetic } = await byAntithetic(near, layer);
  return {
    weights: Float64Array.from(near.weights),
    rows: [
      ...steps,
      ...(await bySteps(probeOf(layer, kernels, seed, FAR), layer)),
      ...antithetic,
      ...(await byCriticalSharpness(layer, gradient.loss, mean, seed)),
      await byPowerIteration(probe, streams),
      await byLanczos(probe, streams, 1e-2),
      await byLanczos(probe, streams, 1e-5),
      await byHutchinson(probe, streams, 8),
      await byHutchinson(probe, streams, 64),
      await byDense(probe),
    ],
  };
}

function probeOf({ width, rows: batch }, kernels, seed, reach) {
  const shape = { width, nodes: NODES, batch, seed, learningRate: 0, kernels };
  const { weights } = new NoiseProbe({ ...shape, sigma: 1 });
  return new NoiseProbe({ ...shape, sigma: reach / Math.sqrt(squares(weights)) });
}

/** Readings by step after 100 steps. */
async function bySteps(probe, layer) {
  let seconds = 0;
  for (let step = 0; step < 100; step++) {
    seconds += await timed(async () => {
      probe.observe(step, await layer.gradient(probe.perturb(step)));
    });
  }
  const row = { reads: "farForm", kind: "smoothed", passes: 100, seconds };
  const name = `NoiseProbe by step, 100 steps, reach ${FAR}`;
  return [{ ...row, ...readingOver(probe.records), name }];
}

/** Readings by antithetic passes after 1, 8 and 100 of them, and by step from the first gradient of each. */
async function byAntithetic(probe, layer) {
  const [steps, antithetic] = [[], []];
  let [forth, back] = [0, 0];
  for (let count = 1; count <= 100; count++) {
    let added;
    let gradient;
    let opposite;
    forth += await timed(async () => {
      added = probe.perturb(count);
      gradient = await layer.gradient(added);
    });
    back += await timed(async () => {
      opposite = await layer.gradient(added, -1);
    });
    forth += await timed(() => probe.observe(count, gradient, Number.NaN, opposite));
    if (![1, 8, 100].includes(count)) continue;
    const name = `NoiseProbe, antithetic, ${count} ${count === 1 ? "pass" : "passes"}`;
    const cost = { kind: "smoothed", passes: 2 * count, seconds: forth + back };
    const row = { ...readingOver(probe.records), ...cost };
    antithetic.push({ ...row, name, reads: "form" });
    if (count === 8) antithetic.push({ ...row, name: `${name}, as tr/d`, reads: "mean" });
    if (count === 1) continue;
    const alone = probe.records.map((record) => ({ ...record, antithetic: Number.NaN }));
    steps.push({
      ...readingOver(alone),
      ...{ name: `NoiseProbe by step, ${count} steps, reach ${REACH}`, reads: "form" },
      ...{ kind: "smoothed", passes: count, seconds: forth },
    });
  }
  return { steps, antithetic };
}

function readingOver(records) {
  const { value, error: stated } = curvatureOver(records);
  return { value, stated };
}

async function byCriticalSharpness(layer, start, gradient, seed) {
  const lossAt = (step) => layer.loss(gradient.map((x) => -step * x));
  const common = { reads: "gradient", kind: "smoothed" };
  const found = await search(lossAt, { start });
  // Training knows the critical step of some steps ago: a factor of up to two from the one now.
  const guess = (found.step ?? 1) * 2 ** (((seed * 0.618) % 1) * 2 - 1);
  const again = await search(lossAt, { start, guess });
  return [
    { ...common, ...found, name: "critical sharpness, from a guess of 1" },
    { ...common, ...again, name: "critical sharpness, from a close guess" },
  ];
}

async function search(lossAt, options) {
  let found;
  const seconds = await timed(async () => {
    found = await criticalSharpness(lossAt, options);
  });
  const { value, low, high, step, passes, reason } = found;
  if (value === null)
    return { value: Number.NaN, stated: Number.NaN, step, reason, passes: passes / 2, seconds };
  const stated = (high - low) / 2;
  return { value, stated, step, reason, passes: passes / 2, seconds };
}

/** Power iteration by Hessian-vector products, until the value changes by less than 1 %; its residual is its error. */
async function byPowerIteration(probe, streams) {
  let value = 0;
  let stated = Number.NaN;
  let count = 0;
  const seconds = await timed(async () => {
    let v = Float64Array.from(streams.draw("probe", 31, "normal", 0, 1, probe.width));
    for (let before = Number.NaN; !(Math.abs(value - before) <= 1e-2 * Math.abs(value)); count++) {
      if (count === 100) break;
      before = value;
      const norm = Math.sqrt(squares(v));
      v = v.map((x) => x / norm);
      const image = await probe.shifted(v, "pointwise");
      value = dot(v, image);
      stated = Math.sqrt(squares(image.map((x, i) => x - value * v[i])));
      v = image;
    }
  });
  const name = "power iteration to 1 %";
  return { name, reads: "largest", kind: "pointwise", value, stated, passes: 2 * count, seconds };
}

async function byLanczos(probe, streams, tolerance) {
  let found;
  const seconds = await timed(async () => {
    found = await topSpectrum(probe, streams, { tolerance });
  });
  const { values, residuals } = found;
  const name = `Lanczos to ${tolerance}`;
  const passes = 2 * values.length;
  const row = { name, reads: "largest", kind: "pointwise", passes, seconds };
  return { ...row, value: values[0], stated: residuals[0] };
}

async function byHutchinson(probe, streams, count) {
  let found;
  const seconds = await timed(async () => {
    found = await hutchinsonTrace(probe, streams, count);
  });
  const name = `Hutchinson, ${count} vectors`;
  const row = { name, reads: "mean", kind: "pointwise", passes: batched(count), seconds };
  return { ...row, value: found.value / probe.width, stated: found.error / probe.width };
}

async function byDense(probe) {
  const seconds = await timed(() => denseHessian(probe));
  const name = `all of <H>, ${probe.width} columns`;
  const none = { value: Number.NaN, stated: Number.NaN };
  return { name, reads: "all", kind: "pointwise", ...none, passes: batched(probe.width), seconds };
}

function batched(products) {
  return products + Math.ceil(products / TOGETHER);
}

/** Processor time, which other work on the machine disturbs less than the clock. */
async function timed(work) {
  const begun = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1e6;
}
