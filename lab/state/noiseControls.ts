import type { Experiment } from "../../ts/experiment/schema.js";
import type { Control } from "./control.js";
import { checked } from "./edit.js";
import { scheduleControls } from "./scheduleControls.js";

/** The controls of each group of noise nodes. */
export function noiseControls({ network, noise }: Experiment): Control[] {
  const layers = [...network.layers.keys(), network.layers.length];
  return noise.flatMap((group, g) => {
    const heading = noiseHeading(g, noise.length);
    return [...groupControls(g, layers, heading), ...scheduleControls(group, g, heading)];
  });
}

/** What a group of noise nodes is called among so many. */
export function noiseHeading(group: number, groups: number): string {
  return groups === 1 ? "Noise" : `Noise, group ${group + 1}`;
}

function groupControls(g: number, layers: readonly number[], group: string): Control[] {
  const of = (name: string) => ({ group, field: `noise.${g}.${name}` });
  return [
    {
      ...of("layer"),
      label: "Layer",
      help: "Whose sums the noise nodes add to; 0 is the first.",
      options: layers,
    },
    { ...of("nodes"), label: "Noise nodes", help: "How many inputs carry noise.", unit: "nodes" },
    {
      ...of("sigma"),
      label: "Noise σ of this group",
      help: "How strong its noise is; the slider above sets it in all groups.",
      unit: "standard deviation",
    },
    {
      ...of("distribution"),
      label: "Distribution",
      help: "Shape of the noise; σ is its standard deviation in each case.",
      options: ["normal", "uniform", "rademacher"],
    },
    {
      ...of("mode"),
      label: "Draws",
      help: "Fresh: new noise at each visit of a sample. Fixed: one draw for each sample.",
      options: ["fresh", "fixed"],
    },
    {
      ...of("scale"),
      label: "Initial scale",
      help: "Initial noise weights, relative to the layer’s other weights.",
      unit: "times",
    },
  ];
}

/** More groups than this would only make a page hard to read. */
export const MOST_GROUPS = 4;

/** The experiment with one more group of noise nodes, on the next layer that has none, of the same `sigma`. */
export function withGroup(experiment: Experiment): Experiment {
  const { network, noise } = experiment;
  const layers = [...network.layers.keys(), network.layers.length];
  const free = layers.find((layer) => noise.every((group) => group.layer !== layer)) ?? 0;
  const sigma = noise[0]?.sigma ?? 1;
  return checked({ ...experiment, noise: [...noise, { layer: free, nodes: 1, sigma }] });
}

/** The experiment without one of its groups. */
export function withoutGroup(experiment: Experiment, group: number): Experiment {
  return checked({ ...experiment, noise: experiment.noise.filter((_, g) => g !== group) });
}
