import { useEffect } from "preact/hooks";
import type { Frame } from "../../maths/run/frame.js";
import { short } from "../../maths/short.js";
import { MACHINES, type MachineChoice } from "../../state/labState.js";
import { gpuHere, lookForGpu } from "../gpuHere.js";
import { state } from "../session.js";
import { notice, switchMachine } from "./openedRun.js";

const NAMES: Readonly<Record<MachineChoice, string>> = {
  wasm: "WebAssembly",
  webgpu: "WebGPU",
  auto: "the faster one",
};

/** The machine that makes the run, why, and what a step costs there; another may take over at any step. */
export function RunMachine({ frame }: { readonly frame: Frame | null }) {
  useEffect(() => void lookForGpu(), []);
  const { machine } = state.value;
  const gpu = gpuHere.value;
  return (
    <div class="run-machine">
      <label for="machine">Machine</label>
      <select
        id="machine"
        aria-describedby="machine-says"
        value={machine}
        onChange={(event) => switchMachine(event.currentTarget.value as MachineChoice)}
      >
        {MACHINES.map((name) => (
          <option
            key={name}
            value={name}
            selected={name === machine}
            disabled={name === "webgpu" && gpu?.found === false}
          >
            {NAMES[name]}
          </option>
        ))}
      </select>
      <p id="machine-says" class="note" data-testid="machine">
        {frame && saysOf(frame)} {gpu?.found === false && gpu.says}
      </p>
      <p role="status" class="notice">
        {notice.value}
      </p>
    </div>
  );
}

const COUNT = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

function saysOf({ machine, cost }: Frame): string {
  const name = machine.name === "webgpu" ? "WebGPU" : "WebAssembly SIMD";
  const who = `${name} (${machine.flavour}) makes this run: ${machine.why}.`;
  const work = `A step is ${COUNT.format(cost.flops)} multiplications and additions`;
  if (cost.micros === 0) return `${who} ${work}.`;
  return `${who} ${work}; it takes ${short(cost.micros)} µs, ${short(cost.flops / cost.micros / 1000)} billion a second.`;
}
