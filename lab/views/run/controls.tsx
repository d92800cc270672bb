import { controlsOf } from "../../state/controls.js";
import { MOST_GROUPS, noiseHeading, withGroup, withoutGroup } from "../../state/noiseControls.js";
import { change, state, told } from "../session.js";
import { Field } from "./field.js";

/** The experiment, field by field, in boxes. */
export function Controls() {
  const { experiment } = state.value;
  const controls = controlsOf(experiment);
  const boxes = [...new Set(controls.map(({ group }) => group))];
  const { noise } = experiment;
  return (
    <>
      <div class="controls">
        {boxes.map((name) => {
          const group = noise.findIndex((_, g) => noiseHeading(g, noise.length) === name);
          return (
            <fieldset key={name}>
              <legend>{name}</legend>
              {controls
                .filter((control) => control.group === name)
                .map((control) => (
                  <Field key={control.field} control={control} />
                ))}
              {group >= 0 && (
                <button type="button" class="below" onClick={() => removeGroup(group)}>
                  Remove {noise.length === 1 ? "the noise" : `group ${group + 1}`}
                </button>
              )}
            </fieldset>
          );
        })}
      </div>
      <p class="buttons">
        <button type="button" disabled={noise.length >= MOST_GROUPS} onClick={addGroup}>
          Add noise nodes to another layer
        </button>
      </p>
    </>
  );
}

function addGroup(): void {
  try {
    change({ experiment: withGroup(state.value.experiment) });
  } catch (error) {
    told(error);
  }
}

function removeGroup(group: number): void {
  change({ experiment: withoutGroup(state.value.experiment, group) });
}
