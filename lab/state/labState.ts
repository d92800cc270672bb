import * as v from "valibot";
import { InputError, shown } from "../../ts/errors/errors.js";
import { parseExperiment } from "../../ts/experiment/parse.js";
import type { Experiment } from "../../ts/experiment/schema.js";
import { parseWith } from "../../ts/schema/parseWith.js";
import { isPlainObject } from "../../ts/schema/plainObject.js";
import { choice, integer, list } from "../../ts/schema/takes.js";
import { FIRST_EXPERIMENT, LINEAR } from "./defaults.js";
import { checkForPage } from "./pageLimits.js";
import { checkSweep, FIRST_SWEEP, type SweepSpec, sweepSchema } from "./sweepSpec.js";
import { withoutDefaults } from "./withoutDefaults.js";

export const PANELS = ["phases", "run", "map", "sweep", "data", "checks"] as const;

/** Which machine trains; `auto` takes the faster one, but no software GPU. */
export const MACHINES = ["wasm", "webgpu", "auto"] as const;
export type MachineChoice = (typeof MACHINES)[number];

/** Runs that can be pinned, and stops of the tour. */
export const MOST_PINS = 6;
export const TOUR_STOPS = 5;

const mapSchema = v.strictObject({
  width: v.optional(integer(2, 4096), LINEAR.width),
  samples: v.optional(integer(2, 4096), LINEAR.samples),
  steps: v.optional(integer(2, 2000), LINEAR.steps),
  seed: v.optional(integer(0, 0xffffffff), LINEAR.seed),
});

const stateSchema = v.strictObject({
  panel: v.optional(choice(PANELS), "phases"),
  map: v.optional(mapSchema, {}),
  machine: v.optional(choice(MACHINES), "wasm"),
  tour: v.optional(integer(0, TOUR_STOPS), 0),
  pins: v.optional(list(v.unknown(), MOST_PINS, "takes a list of experiments"), []),
  sweep: v.optional(sweepSchema, {}),
  experiment: v.optional(v.unknown()),
});

/** The linear model that the phase map shows. */
export type MapSpec = v.InferOutput<typeof mapSchema>;

/** All that the page shows is a function of this value. */
export interface LabState {
  /** The view on show. */
  readonly panel: (typeof PANELS)[number];
  /** The experiment of the run view. */
  readonly experiment: Experiment;
  /** The linear model of the phase map. */
  readonly map: MapSpec;
  /** The machine that trains the run view's network. */
  readonly machine: MachineChoice;
  /** The stop of the tour, from 1 on; 0: no tour. */
  readonly tour: number;
  /** Runs under the present one. */
  readonly pins: readonly Experiment[];
  /** The sweep of the experiment over `sigma`. */
  readonly sweep: SweepSpec;
}

export const FIRST_STATE: LabState = {
  panel: "phases",
  experiment: FIRST_EXPERIMENT,
  map: { ...LINEAR },
  machine: "wasm",
  tour: 0,
  pins: [],
  sweep: FIRST_SWEEP,
};

/**
 * Checks a state and fills in its defaults.
 * @throws InputError that names the field, its value and what is right.
 */
export function parseState(input: unknown): LabState {
  if (!isPlainObject(input)) {
    throw new InputError("link", `the link is ${shown(input)}: takes an object`);
  }
  const { experiment, pins, ...rest } = parseWith(stateSchema, input, "the link");
  checkSweep(rest.sweep);
  return {
    ...rest,
    experiment: experiment === undefined ? FIRST_EXPERIMENT : forPage(experiment),
    pins: pins.map(forPage),
  };
}

function forPage(input: unknown): Experiment {
  const parsed = parseExperiment(input);
  checkForPage(parsed);
  return parsed;
}

/** The shortest value that `parseState` turns into this state. */
export function shortState(state: LabState): object {
  const { panel, map, sweep, experiment, machine, tour, pins } = state;
  const model = differing(map, LINEAR);
  const swept = differing(sweep, FIRST_SWEEP);
  const isFirst = JSON.stringify(experiment) === JSON.stringify(FIRST_EXPERIMENT);
  return {
    ...(panel !== "phases" && { panel }),
    ...(model && { map: model }),
    ...(swept && { sweep: swept }),
    ...(machine !== "wasm" && { machine }),
    ...(tour > 0 && { tour }),
    ...(pins.length > 0 && { pins: pins.map(withoutDefaults) }),
    ...(!isFirst && { experiment: withoutDefaults(experiment) }),
  };
}

/** The fields that differ from the first ones; null if none does. */
function differing<T extends object>(own: T, first: T): object | null {
  const changed = Object.entries(own).filter(([key, value]) => first[key as keyof T] !== value);
  return changed.length > 0 ? Object.fromEntries(changed) : null;
}
