import type { Experiment } from "../../ts/experiment/schema.js";
import type { Control } from "./control.js";

type Kind = NonNullable<Experiment["noise"][number]["schedule"]>["kind"];

/** What a schedule begins with where a field has no default. */
const FIRST: Readonly<Record<Kind, object | undefined>> = {
  constant: undefined,
  periodic: { kind: "periodic" },
  cosine: { kind: "cosine" },
  controller: { kind: "controller", hold: "kappa", target: 0.01 },
};

/** The schedule of a kind, with its first fields; none for noise that stays as it is. */
export function scheduleOf(kind: unknown): object | undefined {
  return FIRST[kind as Kind];
}

/** The controls of the schedule of a noise group. */
export function scheduleControls(
  { schedule }: Experiment["noise"][number],
  g: number,
  group: string,
): Control[] {
  const of = (name: string) => ({ group, field: `noise.${g}.schedule.${name}` });
  const low = {
    ...of("low"),
    label: "Low",
    help: "The least noise of the schedule, as a part of σ.",
    unit: "times σ",
  };
  const kind = {
    ...of("kind"),
    label: "Schedule",
    help: "How σ changes during the run.",
    options: Object.keys(FIRST),
  };
  switch (schedule?.kind) {
    case "periodic":
      return [
        kind,
        { ...of("on"), label: "On", help: "How long σ is what it is.", unit: "epochs" },
        {
          ...of("off"),
          label: "Off",
          help: "How long the noise is low after that.",
          unit: "epochs",
        },
        low,
      ];
    case "cosine":
      return [kind, low];
    case "controller":
      return [
        kind,
        {
          ...of("hold"),
          label: "Hold",
          help: "What the controller keeps at its target by changing σ.",
          options: ["kappa", "dose"],
        },
        {
          ...of("target"),
          label: "Target",
          help: "The value that it holds.",
          unit: "of what it holds",
        },
        { ...of("every"), label: "Change every", help: "How often it changes σ.", unit: "updates" },
        {
          ...of("least"),
          label: "Least σ",
          help: "It goes no lower; empty: a thousandth of σ.",
          unit: "standard deviation",
        },
        {
          ...of("most"),
          label: "Largest σ",
          help: "It goes no higher; empty: a thousand times σ.",
          unit: "standard deviation",
        },
      ];
    default:
      return [kind];
  }
}
