import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { fragmentOf } from "../state/fragment.js";
import type { LabState } from "../state/labState.js";
import { atSigma, PHASE_SIGMAS, STOPS } from "../state/tour.js";
import { PhaseBadge } from "./phaseBadge.js";
import { state } from "./session.js";

/** The guided tour: a few words over the live page. Each stop is a link. */
export function Tour() {
  const { tour } = state.value;
  const heading = useRef<HTMLHeadingElement>(null);
  const before = useRef(tour);
  useEffect(() => {
    // Who follows a link to a stop goes on reading there.
    if (before.current !== tour) heading.current?.focus();
    before.current = tour;
  }, [tour]);
  if (tour === 0) return null;
  const { title, text } = WORDS[tour - 1];
  return (
    <section class="tour" aria-label="Guided tour">
      <h2 ref={heading} tabIndex={-1}>
        {tour}. {title}
      </h2>
      {text()}
      <nav aria-label="Stops of the tour">
        <ol>
          {WORDS.map((word, i) => (
            <li key={word.title}>
              <Link to={STOPS[i]} current={i + 1 === tour}>
                {word.title}
              </Link>
            </li>
          ))}
        </ol>
        <p class="buttons">
          {tour > 1 && <Link to={STOPS[tour - 2]}>Back</Link>}
          {tour < STOPS.length && <Link to={STOPS[tour]}>Next: {WORDS[tour].title}</Link>}
          <Link to={{ ...state.value, tour: 0 }}>End the tour</Link>
        </p>
      </nav>
    </section>
  );
}

interface LinkProps {
  readonly to: LabState;
  readonly current?: boolean;
  readonly children: ComponentChildren;
}

/** A link to a state of the page. */
export function Link({ to, current, children }: LinkProps) {
  return (
    <a href={`#${fragmentOf(to)}`} aria-current={current ? "step" : undefined}>
      {children}
    </a>
  );
}

const WORDS: readonly { readonly title: string; readonly text: () => ComponentChildren }[] = [
  {
    title: "What a noise node is",
    text: () => (
      <p>
        The diamond in the drawing is a <strong>noise injection node</strong>: one more input of a
        layer. For each sample it carries fresh noise of strength <var>σ</var>, and no data. The
        lines that leave it are its weights. Training changes them as it changes all others; a line
        is as thick as its weight. The task does not need these weights, so what they do shows how
        training treats a weight that noise alone drives. Press Play again, and watch them fall.
      </p>
    ),
  },
  { title: "Four phases", text: () => <Phases /> },
  {
    title: "What the probe reads",
    text: () => (
      <p>
        Here the noise is weak: training hardly feels it. The gradient of a noise weight is{" "}
        <var>σ</var>² times the curvature of the loss at its layer, times the weight. So each step
        takes a part <var>ησ</var>²<var>h</var> away, and how fast the noise weights forget their
        start gives the curvature <var>h</var>. The last plot shows that reading. The dotted curves
        are what theory expects, from the same run without noise. Above the dashed line,{" "}
        <var>h</var> = 2/(<var>ησ</var>²), a step would overshoot: there the catapult begins.
      </p>
    ),
  },
  {
    title: "What not to conclude",
    text: () => (
      <ul>
        <li>
          A phase belongs to this noise, learning rate, layer and length of run together. It is not
          a property of the network.
        </li>
        <li>
          This run is close to a boundary, and says so. Press Next seed a few times: the phase may
          change.
        </li>
        <li>
          A reading is the curvature along the noise weights, at one layer, averaged over samples.
          It is not the largest curvature of the whole network.
        </li>
        <li>
          Noise that is easily seen also changes what it measures. Read with weak noise, and look at
          what the loss without noise does.
        </li>
      </ul>
    ),
  },
  {
    title: "Go on by yourself",
    text: () => (
      <p>
        The map shows the linear model over noise and learning rate. Each place is a run: click one
        to train it as a network. In <Link to={atSigma(0, PHASE_SIGMAS.decay)}>One run</Link> you
        can change every field, pin runs to compare them, and copy what you see as a command for the
        terminal, which makes the same bits.
      </p>
    ),
  },
];

const ABOUT: Readonly<Record<keyof typeof PHASE_SIGMAS, string>> = {
  decoupled:
    "little noise. The noise weights stay near their start, and training goes on as if there were none.",
  decay: "more noise. Its weights forget their start, at a rate that the curvature sets.",
  catapult: "the noise weights first grow, then come back, and the loss falls all the same.",
  divergent: "too much noise: the loss does not come back. That is a result, and no error.",
};

function Phases() {
  const { sigma } = state.value.experiment.noise[0] ?? {};
  return (
    <>
      <p>The same network and the same seed, with more and more noise. Follow one after another:</p>
      <ol class="phases">
        {(Object.keys(PHASE_SIGMAS) as (keyof typeof PHASE_SIGMAS)[]).map((phase) => (
          <li key={phase}>
            <PhaseBadge phase={phase} />{" "}
            <Link to={atSigma(2, PHASE_SIGMAS[phase])} current={PHASE_SIGMAS[phase] === sigma}>
              σ = {PHASE_SIGMAS[phase]}
            </Link>
            : {ABOUT[phase]}
          </li>
        ))}
      </ol>
    </>
  );
}
