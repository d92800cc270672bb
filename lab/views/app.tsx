import { useEffect } from "preact/hooks";
import { PANELS } from "../state/labState.js";
import { Later } from "./later.js";
import { Machine } from "./machine.js";
import { MapView } from "./mapView.js";
import { PhasesView } from "./phasesView.js";
import { RunView } from "./runView.js";
import { change, problem, state, told } from "./session.js";

const NAMES = {
  phases: "The four phases",
  run: "One run",
  map: "Phase map",
  sweep: "Sweep",
  data: "Your data",
  checks: "Your machine",
} as const;

/** The whole page. */
export function App() {
  const { panel, sweep } = state.value;
  useEffect(() => {
    // A sweep goes on in whichever view the page opens.
    if (sweep.on) import("./sweepSession.js").then(({ follow }) => follow(), told);
  }, [sweep.on]);
  return (
    <div class="page">
      <header>
        <h1>
          ninscope <span>lab</span>
        </h1>
        <p>
          A <strong>noise injection node</strong> is one more input of a layer: it carries noise
          instead of data. The optimiser does not know that it is there. How the weights of that
          node move tells in which phase training is.
        </p>
      </header>
      <main>
        <Problem />
        <Tabs />
        <div id="panel" role="tabpanel" aria-labelledby={`tab-${panel}`}>
          {panel === "phases" && <PhasesView />}
          {panel === "run" && <RunView />}
          {panel === "map" && <MapView />}
          {(panel === "sweep" || panel === "data" || panel === "checks") && <Later name={panel} />}
        </div>
      </main>
      <footer>
        <Machine />
        <p>
          Theory: Levi, Bloch, Freytsis, Volansky, “Noise Injection as a Probe of Deep Learning
          Dynamics”, arXiv:2210.13599. This page asks no other host for anything, and sends nothing.
        </p>
      </footer>
    </div>
  );
}

function Problem() {
  return (
    <div role="alert">
      {problem.value !== null && (
        <p class="problem">
          {problem.value}{" "}
          <button type="button" onClick={() => change({})}>
            Close
          </button>
        </p>
      )}
    </div>
  );
}

/** Arrow keys move between tabs, as in any list of tabs. */
function Tabs() {
  const { panel } = state.value;
  const onKeyDown = (event: KeyboardEvent) => {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!move) return;
    event.preventDefault();
    const next = PANELS[(PANELS.indexOf(panel) + move + PANELS.length) % PANELS.length];
    change({ panel: next });
    document.getElementById(`tab-${next}`)?.focus();
  };
  return (
    <div role="tablist" aria-label="Views" class="tabs" onKeyDown={onKeyDown}>
      {PANELS.map((name) => (
        <button
          key={name}
          type="button"
          role="tab"
          id={`tab-${name}`}
          aria-selected={name === panel}
          aria-controls="panel"
          tabIndex={name === panel ? 0 : -1}
          onClick={() => change({ panel: name })}
        >
          {NAMES[name]}
        </button>
      ))}
    </div>
  );
}
