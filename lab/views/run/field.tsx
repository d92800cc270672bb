import { useSignal } from "@preact/signals";
import { fieldAt } from "../../../ts/experiment/paths.js";
import type { Control } from "../../state/control.js";
import { edited } from "../../state/edit.js";
import { typed } from "../../state/typed.js";
import { change, state } from "../session.js";

/** Fields whose values are not single numbers: a phone shows all its keys. */
const WORDS = ["optimizer.batchSize", "network.layers", "data.hidden", "data.slope"];

/** One field of the experiment, with its unit and what it does. A wrong value is refused in words below it. */
export function Field({ control }: { readonly control: Control }) {
  const { field, label, unit, help, options } = control;
  const wrong = useSignal<string | null>(null);
  const { experiment } = state.value;
  // A field that is left out shows its first choice.
  const value = fieldAt(experiment, field) ?? options?.[0];
  const id = `field-${field.replaceAll(".", "-")}`;
  const set = (next: unknown) => {
    try {
      change({ experiment: edited(experiment, field, next) });
      wrong.value = null;
    } catch (error) {
      wrong.value = (error as Error).message;
    }
  };
  const common = {
    id,
    "aria-describedby": `${id}-unit ${id}-help`,
    "aria-invalid": wrong.value !== null,
  };
  return (
    <div class="field">
      <div class="field-name">
        <label for={id}>{label}</label>
        <span id={`${id}-unit`} class="unit">
          {unit}
        </span>
      </div>
      {options ? (
        <select
          {...common}
          value={String(value ?? "")}
          onChange={(event) => {
            const chosen = options[event.currentTarget.selectedIndex];
            set(chosen === "" ? undefined : chosen);
          }}
        >
          {options.map((option) => (
            <option
              key={option}
              value={String(option)}
              selected={String(option) === String(value ?? "")}
            >
              {WORD[String(option)] ?? String(option)}
            </option>
          ))}
        </select>
      ) : (
        <input
          {...common}
          type="text"
          inputMode={WORDS.includes(field) ? "text" : "decimal"}
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

/** Options that are no words by themselves. */
const WORD: Readonly<Record<string, string>> = { "": "by the data", true: "yes", false: "no" };
