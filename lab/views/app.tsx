import { useEffect } from "preact/hooks";
import { fragmentOf } from "../state/fragment.js";
import { PANELS } from "../state/labState.js";
import { STOPS } from "../state/tour.js";
import { embedded, plainAddress } from "./embedded.js";
import { Later } from "./later.js";
import { MapView } from "./linear/mapView.js";
import { PhasesView } from "./linear/phasesView.js";
import { Machine } from "./machine.js";
import { RunView } from "./run/runView.js";
import { change, problem, state, told } from "./session.js";
import { Link, Tour } from "./tour.js";

const NAMES = {
  phases: "The four phases",
  run: "One run",
  map: "Phase map",
  sweep: "Sweep",
  data: "Your data",
  checks: "Your machine",
} as const;

/** The whole page, or one view of it. */
export function App() {
  return embedded ? <Embedded /> : <Page />;
}

function Panel() {
  const { panel } = state.value;
  if (panel === "phases") return <PhasesView />;
  if (panel === "run") return <RunView />;
  return panel === "map" ? <MapView /> : <Later name={panel} />;
}

/** A view alone, for lecture notes. */
function Embedded() {
  return (
    <div class="page">
      <main>
        <h1 class="unseen">ninscope lab: {NAMES[state.value.panel]}</h1>
        <Problem />
        <Tour />
        <Panel />
      </main>
      <footer>
        <p>
          <a href={`${plainAddress()}#${fragmentOf(state.value)}`} target="_blank" rel="noopener">
            Open this in the ninscope lab
          </a>
        </p>
      </footer>
    </div>
  );
}

function Page() {
  const { panel, tour, sweep } = state.value;
  useEffect(() => {
    // A sweep goes on while the page shows another view.
    if (sweep.on) import("./sweep/sweepSession.js").then(({ follow }) => follow(), told);
  }, [sweep.on]);
  return (
    <div class="page">
      <header>
        <h1>
          ninscope <span>lab</span>
        </h1>
        {tour === 0 && <Link to={STOPS[0]}>Take the tour: five stops, a few minutes</Link>}
        {panel === "phases" && (
          <p>
            A <strong>noise injection node</strong> is one more input of a layer: it carries noise
            instead of data. The optimiser does not know that it is there. How the weights of that
            node move tells in which phase training is.
          </p>
        )}
      </header>
      <main>
        <Problem />
        <Tour />
        <Tabs />
        <div id="panel" role="tabpanel" aria-labelledby={`tab-${panel}`}>
          <Panel />
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
  useEffect(() => {
    // A phone shows a part of the row.
    document
      .getElementById(`tab-${panel}`)
      ?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [panel]);
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
