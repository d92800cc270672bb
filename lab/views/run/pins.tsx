import type { Experiment } from "../../../ts/experiment/schema.js";
import type { WholeRun } from "../../maths/run/wholeRun.js";
import { short } from "../../maths/short.js";
import { MOST_PINS } from "../../state/labState.js";
import { besideAt, isPinned, letterOf, pinned, unpinned } from "../../state/pins.js";
import { PhaseBadge } from "../phaseBadge.js";
import { change, state } from "../session.js";
import { ghostOf, useGhosts } from "./ghosts.js";

/** Earlier runs, which stay under the present one, and a table of them. */
export function Pins() {
  useGhosts();
  const { pins, experiment } = state.value;
  const sigma = experiment.noise[0]?.sigma ?? 0;
  const beside = (times: number) => () =>
    change(besideAt(state.value, Number((sigma * times).toPrecision(3))));
  return (
    <section aria-label="Pinned runs" class="pins">
      <div class="buttons">
        <button
          type="button"
          disabled={isPinned(state.value, experiment)}
          onClick={() => change(pinned(state.value))}
        >
          Pin this run
        </button>
        {sigma > 0 && (
          <>
            <button type="button" onClick={beside(2)}>
              Same seed, σ × 2
            </button>
            <button type="button" onClick={beside(1 / 2)}>
              Same seed, σ ÷ 2
            </button>
          </>
        )}
        <span class="note">
          A pinned run stays under the present one as a grey curve; up to {MOST_PINS}.
        </span>
      </div>
      {pins.length > 0 && <Table pins={pins} />}
    </section>
  );
}

function Table({ pins }: { readonly pins: readonly Experiment[] }) {
  return (
    // A table that is wider than a phone scrolls by itself, by keys too.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to take the focus
    <section class="scrolls" tabIndex={0} aria-label="Table of pinned runs">
      <table>
        <thead>
          <tr>
            {["Run", "Phase", "σ", "η", "Seed", "Network", "Loss", "Memory", "Digest", ""].map(
              (name) => (name ? <th key={name}>{name}</th> : <td key={name} />),
            )}
          </tr>
        </thead>
        <tbody>
          {pins.map((pin, i) => (
            <Row key={JSON.stringify(pin)} pin={pin} letter={letterOf(i)} run={ghostOf(pin)} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface RowProps {
  readonly pin: Experiment;
  readonly letter: string;
  readonly run: WholeRun | undefined;
}

function Row({ pin, letter, run }: RowProps) {
  const { network, noise, optimizer, seed } = pin;
  const memory = run?.final.memory;
  return (
    <tr>
      <th scope="row">{letter}</th>
      <td>{run ? <PhaseBadge phase={run.evidence.phase} /> : "being made"}</td>
      <td>{noise.map(({ sigma }) => short(sigma)).join(", ") || "none"}</td>
      <td>{short(optimizer.learningRate)}</td>
      <td>{seed}</td>
      <td>
        {network.layers.join("-")} {network.activation}
      </td>
      <td>{run && short(run.final.unperturbedLoss)}</td>
      <td>{typeof memory === "number" && short(memory)}</td>
      <td>
        <code>{run?.hash.slice(0, 8)}</code>
      </td>
      <td class="buttons">
        <button
          type="button"
          aria-label={`Show run ${letter}`}
          onClick={() => change({ experiment: pin })}
        >
          Show
        </button>
        <button
          type="button"
          aria-label={`Unpin run ${letter}`}
          onClick={() => change(unpinned(state.value, pin))}
        >
          Unpin
        </button>
      </td>
    </tr>
  );
}
