import { parseExperiment } from "../../ts/experiment/parse.js";
import type { Experiment, ExperimentInput } from "../../ts/experiment/schema.js";

/** The shortest input that `parseExperiment` turns into this experiment. */
export function withoutDefaults(experiment: Experiment): ExperimentInput {
  const { data, noise } = experiment;
  const plain = parseExperiment({ data: required(data), noise: noise.map(() => ({})) });
  const parts = { ...experiment, noise: undefined };
  const rest = differing(parts, { ...plain, noise: undefined }) as ExperimentInput;
  // A list replaces the default list: its entries lose their defaults one by one.
  const groups = noise.map((group, g) => differing(group, plain.noise[g]));
  const isDefault = groups.length === 1 && Object.keys(groups[0]).length === 0;
  return {
    ...rest,
    ...(!isDefault && { noise: groups }),
    ...(("data" in rest || data.name !== "gaussian-mixture") && {
      data: { ...rest.data, ...required(data) } as ExperimentInput["data"],
    }),
  };
}

/** The fields that select the data, and those without which they would not be valid. */
function required(data: Experiment["data"]): any {
  if (data.name === "csv" || data.name === "npz") return { name: data.name, path: data.path };
  if (data.name === "npy") {
    return { name: data.name, inputs: data.inputs, targets: data.targets };
  }
  if (data.name === "idx") {
    return { name: data.name, images: data.images, labels: data.labels };
  }
  const sloped = data.name === "linear-regression" && Array.isArray(data.slope);
  return sloped ? { name: data.name, inputs: data.inputs, slope: data.slope } : { name: data.name };
}

function differing(value: object, plain: object): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [key, own] of Object.entries(value)) {
    const base = (plain as Record<string, unknown>)[key];
    if (own === undefined || JSON.stringify(own) === JSON.stringify(base)) continue;
    const nested = typeof own === "object" && own !== null && !Array.isArray(own);
    kept[key] = nested && base ? differing(own, base as object) : own;
  }
  return kept;
}
