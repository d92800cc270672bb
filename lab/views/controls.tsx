import { useSignal } from "@preact/signals";
import { fieldAt } from "../../ts/experiment/paths.js";
import { type Control, controlsOf, typed } from "../state/controls.js";
import { edited } from "../state/edit.js";
import { change, state } from "./session.js";

const GROUPS = ["Data", "Network", "Noise", "Training"] as const;

/** The experiment, field by field. */
export function Controls() {
  const { experiment } = state.value;
  const controls = controlsOf(experiment);
  return (
    <div class="controls">
      {GROUPS.map((name) => {
        const own = controls.filter(({ group }) => group === name);
        if (own.length === 0) return null;
        return (
          <fieldset key={name}>
            <legend>{name}</legend>
            {own.map((control) => (
              <Field key={control.field} control={control} />
            ))}
          </fieldset>
        );
      })}
    </div>
  );
}

function Field({ control }: { readonly control: Control }) {
  const { field, label, help, options } = control;
  const wrong = useSignal<string | null>(null);
  const { experiment } = state.value;
  const value = fieldAt(experiment, field);
  const id = `field-${field.replaceAll(".", "-")}`;
  const set = (next: unknown) => {
    try {
      change({ experiment: edited(experiment, field, next) });
      wrong.value = null;
    } catch (error) {
      wrong.value = (error as Error).message;
    }
  };
  const common = { id, "aria-describedby": `${id}-help`, "aria-invalid": wrong.value !== null };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {options ? (
        <select
          {...common}
          value={String(value)}
          onChange={(event) => set(typed(field, event.currentTarget.value))}
        >
          {options.map((option) => (
            <option key={option} value={String(option)} selected={String(option) === String(value)}>
              {option}
            </option>
          ))}
        </select>
      ) : (
        <input
          {...common}
          type="text"
          inputMode={
            field === "optimizer.batchSize" || field === "network.layers" ? "text" : "decimal"
          }
          autocomplete="off"
          value={Array.isArray(value) ? value.join(", ") : String(value ?? "")}
          onChange={(event) => set(typed(field, event.currentTarget.value))}
        />
      )}
      <small id={`${id}-help`} class={wrong.value ? "wrong" : ""}>
        {wrong.value ?? help}
      </small>
    </div>
  );
}
