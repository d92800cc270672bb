import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { parseExperiment } from "../../../ts/experiment/parse.js";
import { short } from "../../maths/short.js";
import type { KeptSweep } from "../../maths/sweep/keptSweeps.js";
import { checkForPage } from "../../state/pageLimits.js";
import { desk } from "../desk.js";
import { change, told } from "../session.js";
import { working } from "./sweepSession.js";

const sweeps = signal<readonly KeptSweep[]>([]);

async function look(): Promise<void> {
  sweeps.value = await desk().keptSweeps();
}

/** The sweeps that this browser keeps, and how to delete them. */
export function Kept() {
  const isWorking = working.value;
  useEffect(() => {
    look().catch(told);
  }, [isWorking]);
  if (sweeps.value.length === 0) return null;
  return (
    <details>
      <summary>Sweeps that this browser keeps: {sweeps.value.length}</summary>
      <ul class="kept">
        {sweeps.value.map(({ name, input, bytes }) => (
          <li key={name}>
            <span>
              {titleOf(input)}, {short(bytes / 1000)} kB
            </span>
            <button type="button" disabled={isWorking} onClick={() => open(input)}>
              Open
            </button>
            <button
              type="button"
              disabled={isWorking}
              onClick={() => desk().forgetSweep(name).then(look).catch(told)}
            >
              Delete
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}

function titleOf({ network, data, steps, epochs }: KeptSweep["input"]): string {
  const layers = network?.layers?.join("-") ?? "a sweep";
  const length = steps === undefined ? `${epochs ?? "?"} epochs` : `${steps} steps`;
  return `${layers} on ${data?.name ?? "data without a name"}, ${length}`;
}

function open({ sweep: _, ...input }: KeptSweep["input"]): void {
  try {
    const experiment = parseExperiment(input);
    checkForPage(experiment);
    change({ experiment });
  } catch (error) {
    told(error);
  }
}
