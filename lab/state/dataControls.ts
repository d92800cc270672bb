import type { Control } from "./control.js";

const GROUP = "Data";

function field(name: string, label: string, help: string, unit?: string): Control {
  return { group: GROUP, field: `data.${name}`, label, help, ...(unit && { unit }) };
}

const INPUTS = field("inputs", "Inputs", "Numbers in a sample.", "numbers");

/** The controls of each generated data set. */
const OF_DATA: Readonly<Record<string, readonly Control[]>> = {
  "gaussian-mixture": [
    INPUTS,
    field("classes", "Classes", "Clouds to tell apart.", "classes"),
    field(
      "separation",
      "Separation",
      "Distance of a cloud from the origin.",
      "standard deviations",
    ),
  ],
  spiral: [
    field("classes", "Arms", "One class for each arm.", "arms"),
    field("turns", "Turns", "How far an arm winds.", "turns"),
    field("noise", "Scatter", "Noise on both coordinates.", "standard deviation"),
  ],
  teacher: [
    INPUTS,
    field("outputs", "Outputs", "Numbers to predict.", "numbers"),
    field(
      "hidden",
      "Teacher’s widths",
      "Units of each layer of the network that makes the targets.",
    ),
    {
      ...field("activation", "Teacher’s activation", "What its hidden units do to their sums."),
      options: ["tanh", "relu"],
    },
    field("noise", "Scatter", "Noise on the targets.", "standard deviation"),
  ],
  "linear-regression": [
    INPUTS,
    field(
      "slope",
      "Slope",
      "The target for each unit of input; one number for each, or one for all.",
    ),
    field("scale", "Scale", "How far the inputs spread.", "standard deviation"),
  ],
};

const GENERATED = ["gaussian-mixture", "spiral", "teacher", "linear-regression"];

/** The controls of an experiment's data. Samples from files are chosen in the view “Your data”; here they can be left. */
export function dataControls(name: string): Control[] {
  return [
    {
      ...field("name", "Data", "A set of samples that the seed generates, or your own."),
      options: GENERATED.includes(name) ? GENERATED : [name, ...GENERATED],
    },
    ...(OF_DATA[name] ?? []),
    field("train", "Training samples", "The network learns from these.", "samples"),
    field("test", "Test samples", "The network never learns from these.", "samples"),
  ];
}
