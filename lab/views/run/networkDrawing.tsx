import { useRef } from "preact/hooks";
import type { Frame } from "../../maths/run/frame.js";
import {
  DRAWING,
  edgeWidth,
  type NetworkLayout,
  networkLayout,
} from "../../maths/run/networkLayout.js";
import type { NetworkPicture } from "../../maths/run/networkPicture.js";
import { short } from "../../maths/short.js";
import { still } from "../session.js";
import { playing } from "./openedRun.js";

/** Pictures of a whole run where the reader asked for less motion. */
const STILLS = 5;

/** The network, whose noise weights are seen to decay or explode: a line is as thick as its weight. */
export function NetworkDrawing({ frame }: { readonly frame: Frame }) {
  const picture = useStilled(frame);
  const layout = networkLayout(picture);
  return (
    <figure>
      <figcaption>The network and its noise weights</figcaption>
      <svg
        class="network"
        viewBox={`0 0 ${DRAWING.width} ${DRAWING.height}`}
        role="img"
        aria-label={described(picture)}
      >
        <path class="data-edges" d={dataEdges(layout)} />
        {layout.edges.map(({ from, to, size }, i) => (
          <line
            key={i}
            class="noise-edge"
            x1={from.x}
            y1={from.y}
            x2={to.x}
            y2={to.y}
            stroke-width={edgeWidth(size)}
            stroke-opacity={size < 1 ? 0.3 + 0.6 * size : 0.9}
          />
        ))}
        {layout.columns.map(({ units, all }, l) => (
          <g key={l}>
            {units.map(({ x, y }, i) => (
              <circle key={i} class="unit-dot" cx={x} cy={y} r={6} />
            ))}
            <text x={units[0].x} y={16} text-anchor="middle">
              {nameOf(l, layout.columns.length)} {all}
            </text>
          </g>
        ))}
        {layout.nodes.map(({ x, y }) => (
          <path key={x} class="noise-node" d={`M${x} ${y - 9}l9 9l-9 9l-9 -9z`} />
        ))}
        <text class="noise-name" x={DRAWING.width - 8} y={DRAWING.height - 10} text-anchor="end">
          {picture.groups.length === 0
            ? "no noise nodes"
            : `◆ noise; its weights: ${picture.groups.map(({ norm }) => short(norm)).join(", ")} of their start`}
        </text>
      </svg>
    </figure>
  );
}

/** The picture of the frame; with less motion, one that changes a few times in a run. */
function useStilled({ picture, step, steps }: Frame): NetworkPicture {
  const shown = useRef({ picture, step });
  const moved = Math.abs(step - shown.current.step);
  if (!still.value || !playing.value || moved >= steps / STILLS || step === 0) {
    shown.current = { picture, step };
  }
  return shown.current.picture;
}

function dataEdges({ columns }: NetworkLayout): string {
  return columns
    .slice(1)
    .flatMap(({ units }, l) =>
      columns[l].units.flatMap((from) =>
        units.map((to) => `M${from.x} ${from.y.toFixed(1)}L${to.x} ${to.y.toFixed(1)}`),
      ),
    )
    .join("");
}

function nameOf(column: number, columns: number): string {
  if (column === 0) return "inputs";
  return column === columns - 1 ? "outputs" : "units";
}

function described({ widths, groups }: NetworkPicture): string {
  const hidden = widths.slice(1, -1);
  const layers =
    hidden.length > 0 ? `hidden layers of ${hidden.join(", ")} units` : "no hidden layer";
  const noise = groups.map(
    ({ nodes, layer, norm }) =>
      `${nodes} noise node${nodes === 1 ? "" : "s"} at layer ${layer}, whose weights have ${short(norm)} of the length of their start`,
  );
  return `A network of ${widths[0]} inputs, ${layers} and ${widths[widths.length - 1]} outputs; ${noise.join("; ") || "no noise nodes"}.`;
}
