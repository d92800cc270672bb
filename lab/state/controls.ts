import type { Experiment } from "../../ts/experiment/schema.js";

/** A control of the run view: a field of the experiment, its unit, and what it does in one line. */
export interface Control {
  readonly field: string;
  readonly label: string;
  readonly help: string;
  /** Values to choose from; left out: a number or a list is typed in. */
  readonly options?: readonly (string | number)[];
  readonly group: "Data" | "Network" | "Noise" | "Training";
}

const DATA: Record<string, readonly Control[]> = {
  "gaussian-mixture": [
    number("data.inputs", "Inputs", "Numbers in a sample."),
    number("data.classes", "Classes", "Clouds to tell apart."),
    number(
      "data.separation",
      "Separation",
      "Distance of a cloud from the origin, in its standard deviations.",
    ),
  ],
  spiral: [
    number("data.classes", "Arms", "One class for each arm."),
    number("data.turns", "Turns", "Turns of an arm."),
    number("data.noise", "Scatter", "Standard deviation of the noise on both coordinates."),
  ],
  teacher: [
    number("data.inputs", "Inputs", "Numbers in a sample."),
    number("data.outputs", "Outputs", "Numbers to predict."),
    number("data.noise", "Scatter", "Standard deviation of the noise on the targets."),
  ],
  "linear-regression": [number("data.inputs", "Inputs", "Numbers in a sample.")],
};

function number(field: string, label: string, help: string): Control {
  return { field, label, help, group: "Data" };
}

/** The controls of an experiment. */
export function controlsOf({ data, network, noise }: Experiment): Control[] {
  const layers = network.layers.map((_, l) => l).concat(network.layers.length);
  const group = noise.length > 0;
  return [
    {
      ...{ field: "data.name", label: "Data", group: "Data", help: "A generated set of samples." },
      options: ["gaussian-mixture", "spiral", "teacher", "linear-regression"],
    },
    ...(DATA[data.name] ?? []),
    number("data.train", "Training samples", "Samples that the network learns from."),
    number("data.test", "Test samples", "Samples that it never sees."),
    {
      ...{ field: "network.layers", label: "Hidden widths", group: "Network" },
      help: "Units of each hidden layer, with commas between: 32, 32.",
    },
    {
      ...{ field: "network.activation", label: "Activation", group: "Network" },
      help: "What each hidden unit does to its sum.",
      options: ["relu", "tanh", "gelu", "linear"],
    },
    {
      ...{ field: "network.init", label: "Initial weights", group: "Network" },
      help: "How large the weights are at the start.",
      options: ["he", "lecun", "ntk"],
    },
    ...(group ? noiseControls(layers) : []),
    {
      ...{ field: "optimizer.learningRate", label: "Learning rate η", group: "Training" },
      help: "Size of a step along the gradient.",
    },
    {
      ...{ field: "optimizer.batchSize", label: "Batch", group: "Training" },
      help: "Samples in a step; “full” takes all.",
    },
    { field: "steps", label: "Steps", group: "Training", help: "Updates of the whole run." },
    {
      ...{ field: "seed", label: "Seed", group: "Training" },
      help: "Names all random numbers of the run: the same seed gives the same run.",
    },
  ];
}

function noiseControls(layers: readonly number[]): Control[] {
  return [
    {
      ...{ field: "noise.0.layer", label: "Layer", group: "Noise", options: layers },
      help: "The layer whose sums the noise nodes add to; 0 is the first.",
    },
    {
      ...{ field: "noise.0.nodes", label: "Noise nodes", group: "Noise" },
      help: "How many inputs carry noise.",
    },
    {
      ...{ field: "noise.0.distribution", label: "Distribution", group: "Noise" },
      help: "Shape of the noise; its standard deviation is σ in each case.",
      options: ["normal", "uniform", "rademacher"],
    },
    {
      ...{ field: "noise.0.mode", label: "Draws", group: "Noise", options: ["fresh", "fixed"] },
      help: "Fresh: new noise at each visit of a sample. Fixed: one draw for each sample.",
    },
    {
      ...{ field: "noise.0.scale", label: "Initial scale", group: "Noise" },
      help: "Initial noise weights, relative to the layer's other weights.",
    },
  ];
}

/** The value that a person typed for a field; text that is no number is refused where it is parsed. */
export function typed(field: string, text: string): unknown {
  const words = text.trim();
  if (field === "network.layers") {
    return words === "" ? [] : words.split(/[\s,]+/).map((word) => numberOr(word));
  }
  return numberOr(words);
}

function numberOr(words: string): unknown {
  const value = Number(words);
  return words === "" || Number.isNaN(value) ? words : value;
}
