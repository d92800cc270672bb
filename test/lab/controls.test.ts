import { describe, expect, it } from "vitest";
import { asCommand } from "../../lab/state/asCommand.js";
import { controlsOf } from "../../lab/state/controls.js";
import { FIRST_EXPERIMENT } from "../../lab/state/defaults.js";
import { edited } from "../../lab/state/edit.js";
import { MOST_GROUPS, withGroup, withoutGroup } from "../../lab/state/noiseControls.js";
import { typed } from "../../lab/state/typed.js";
import { dataSchema } from "../../ts/data/specs.js";
import { experimentSchema, scheduleSchema } from "../../ts/experiment/schema.js";

const keysOf = (schema: any): string[] => Object.keys((schema.wrapped ?? schema).entries);
const fieldsOn = (experiment = FIRST_EXPERIMENT) =>
  controlsOf(experiment).map(({ field }) => field);

describe("the controls of the run view", () => {
  it("reach every field of the schema, but for widths that the data have anyway", () => {
    const { network, optimizer, regularization, stop, record } = experimentSchema.entries;
    const wanted = [
      ...keysOf(network).map((key) => `network.${key}`),
      ...Object.keys(FIRST_EXPERIMENT.noise[0]).map((key) => `noise.0.${key}`),
      ...keysOf(optimizer).map((key) => `optimizer.${key}`),
      ...keysOf(regularization).map((key) => `regularization.${key}`),
      ...keysOf(stop).map((key) => `stop.${key}`),
      ...keysOf(record).map((key) => `record.${key}`),
      ...["steps", "epochs", "seed"],
    ].filter((field) => !["network.inputs", "network.outputs"].includes(field));
    expect(fieldsOn().filter((field) => !field.startsWith("data."))).toEqual(
      expect.arrayContaining(wanted),
    );
  });

  it.each(["gaussian-mixture", "spiral", "teacher", "linear-regression"])(
    "reach every field of the data %s",
    (name) => {
      const options = dataSchema.options.map((option: any) => option.pipe?.[0] ?? option);
      const own = options.find((option: any) => option.entries.name.literal === name);
      const experiment = edited(FIRST_EXPERIMENT, "data.name", name);
      const shown = fieldsOn(experiment).filter((field) => field.startsWith("data."));
      expect(shown.sort()).toEqual(
        keysOf(own)
          .map((key) => `data.${key}`)
          .sort(),
      );
    },
  );

  it.each(["constant", "periodic", "cosine", "controller"])(
    "reach every field of the schedule %s, also from another one",
    (kind) => {
      for (const before of ["constant", "controller"]) {
        const other = edited(FIRST_EXPERIMENT, "noise.0.schedule.kind", before);
        const experiment = edited(other, "noise.0.schedule.kind", kind);
        const { options } = scheduleSchema;
        const own = options.find(({ entries }) => entries.kind.literal === kind);
        const shown = fieldsOn(experiment).filter((field) => field.startsWith("noise.0.schedule."));
        expect(shown.sort()).toEqual(
          keysOf(own)
            .map((key) => `noise.0.schedule.${key}`)
            .sort(),
        );
      }
    },
  );

  it("say what they do, and give no label twice in a box", () => {
    const controls = controlsOf(withGroup(FIRST_EXPERIMENT));
    for (const { help } of controls) expect(help).toMatch(/^[A-Z].{8,90}[.]$/);
    const names = controls.map(({ group, label }) => `${group}/${label}`);
    expect(new Set(names).size).toBe(names.length);
  });

  it("keep the length of a run in steps or in epochs", () => {
    const epochs = edited(FIRST_EXPERIMENT, "epochs", 3);
    expect([epochs.epochs, epochs.steps]).toEqual([3, undefined]);
    const steps = edited(epochs, "steps", 9);
    expect([steps.epochs, steps.steps]).toEqual([undefined, 9]);
  });

  it("take an emptied field as its default", () => {
    const loud = edited(FIRST_EXPERIMENT, "optimizer.momentum", 0.9);
    expect(edited(loud, "optimizer.momentum", typed("optimizer.momentum", " "))).toEqual(
      FIRST_EXPERIMENT,
    );
    const ends = edited(FIRST_EXPERIMENT, "stop.loss", 0.2);
    expect(ends.stop).toEqual({ loss: 0.2 });
    expect(edited(ends, "stop.loss", undefined).stop).toEqual({});
  });

  it("put noise nodes on one more layer, and take them away again", () => {
    let experiment = FIRST_EXPERIMENT;
    for (let i = 1; i < MOST_GROUPS; i++) experiment = withGroup(experiment);
    expect(experiment.noise.map(({ layer }) => layer)).toEqual([0, 1, 2, 0]);
    expect(experiment.noise.every(({ sigma }) => sigma === 20)).toBe(true);
    expect(asCommand(experiment)).toContain("--set 'noise.1.layer=1'");
    const left = withoutGroup(withoutGroup(experiment, 3), 0);
    expect(left.noise.map(({ layer }) => layer)).toEqual([1, 2]);
  });
});
