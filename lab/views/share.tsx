import { useSignal } from "@preact/signals";
import { asCommand, asProgram } from "../state/asCommand.js";
import { fragmentOf } from "../state/fragment.js";
import { withoutDefaults } from "../state/withoutDefaults.js";
import { plainAddress } from "./embedded.js";
import { state, told } from "./session.js";

/** A frame for lecture notes, with this view alone. */
function embeddingOf(fragment: string): string {
  return `<iframe src="${plainAddress()}?embed#${fragment}" title="A run in the ninscope lab" width="100%" height="900"></iframe>`;
}

/** The present state to take along. */
export function Share() {
  const copied = useSignal("");
  const { experiment } = state.value;
  const forms: readonly (readonly [string, () => string])[] = [
    ["link", () => `${location.href.split("#")[0]}#${fragmentOf(state.value)}`],
    ["embedding", () => embeddingOf(fragmentOf(state.value))],
    ["command", () => asCommand(experiment)],
    ["JSON", () => JSON.stringify(withoutDefaults(experiment), null, 2)],
    ["TypeScript", () => asProgram(experiment)],
  ];
  return (
    <div class="share">
      <span>Copy this run as</span>
      {forms.map(([name, text]) => (
        <button
          key={name}
          type="button"
          onClick={() =>
            navigator.clipboard.writeText(text()).then(() => {
              copied.value = `The ${name} is in the clipboard.`;
            }, told)
          }
        >
          {name}
        </button>
      ))}
      <span role="status">{copied.value}</span>
    </div>
  );
}
