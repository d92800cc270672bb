import { useSignal } from "@preact/signals";
import { type SweepSpec, withSweepField } from "../../state/sweepSpec.js";
import { change, state } from "../session.js";

const FIELDS: readonly {
  readonly field: "from" | "to" | "count" | "seeds";
  readonly label: string;
  readonly help: string;
}[] = [
  { field: "from", label: "From σ", help: "The weakest noise: its standard deviation." },
  { field: "to", label: "To σ", help: "The strongest noise." },
  { field: "count", label: "Values of σ", help: "At a constant ratio, 2 to 100." },
  {
    field: "seeds",
    label: "Seeds",
    help: "Runs at each value, 1 to 10; the first has the seed of “One run”.",
  },
];

/** What is swept. */
export function SweepPlan({ spec }: { readonly spec: SweepSpec }) {
  const wrong = useSignal<{ field: string; message: string } | null>(null);
  const set = (field: keyof SweepSpec, value: unknown) => {
    try {
      change({ sweep: withSweepField({ ...state.value.sweep, on: false }, field, value) });
      wrong.value = null;
    } catch (error) {
      wrong.value = { field, message: (error as Error).message };
    }
  };
  const help = (field: string, text: string) => {
    const own = wrong.value?.field === field ? wrong.value.message : null;
    return (
      <small id={`sweep-${field}-help`} class={own ? "wrong" : ""}>
        {own ?? text}
      </small>
    );
  };
  return (
    <div class="sweep-plan">
      {FIELDS.map(({ field, label, help: text }) => (
        <div class="field" key={field}>
          <label for={`sweep-${field}`}>{label}</label>
          <input
            id={`sweep-${field}`}
            type="text"
            inputMode="decimal"
            autocomplete="off"
            value={String(spec[field])}
            aria-describedby={`sweep-${field}-help`}
            aria-invalid={wrong.value?.field === field}
            onChange={(event) => {
              const words = event.currentTarget.value.trim();
              const value = Number(words);
              set(field, words === "" || Number.isNaN(value) ? words : value);
            }}
          />
          {help(field, text)}
        </div>
      ))}
      <div class="field">
        <label for="sweep-machine">Machine</label>
        <select
          id="sweep-machine"
          value={spec.machine}
          aria-describedby="sweep-machine-help"
          onChange={(event) => set("machine", event.currentTarget.value)}
        >
          <option value="cpu">all CPU cores</option>
          <option value="gpu">the GPU</option>
        </select>
        {help(
          "machine",
          navigator.gpu
            ? "The GPU trains all values of σ at once; it pays for wide networks."
            : "This browser offers no WebGPU here; the CPUs give the same bits everywhere.",
        )}
      </div>
    </div>
  );
}
