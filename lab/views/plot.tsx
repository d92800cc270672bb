import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { CURVES } from "../../ts/report/palette.js";
import type { Column } from "../maths/aligned.js";
import { short } from "../maths/short.js";
import { dark } from "./session.js";

/** One curve of a plot. */
export interface Line {
  readonly label: string;
  readonly colour: keyof typeof CURVES;
  readonly values: Column;
  readonly dashed?: boolean;
}

interface PlotProps {
  readonly title: string;
  /** Steps, the first of which is 1. */
  readonly x: readonly number[];
  /** The last step of the whole run, so that the axis does not move while the run goes on. */
  readonly end: number;
  readonly lines: readonly Line[];
  readonly summary: string;
}

/** Pointers of all plots move together. */
const SYNC = "run";
const HEIGHT = 220;

/** Curves on logarithmic axes, drawn anew with each frame. */
export function Plot({ title, x, end, lines, summary }: PlotProps) {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const last = useRef(end);
  last.current = end;
  const isDark = dark.value;
  const names = lines.map(({ label, colour, dashed }) => `${label}${colour}${dashed}`).join();
  useEffect(() => {
    const element = holder.current;
    if (!element) return;
    const made = new uPlot(
      optionsOf(lines, element.clientWidth, isDark, last),
      dataOf(x, lines),
      element,
    );
    plot.current = made;
    const watch = new ResizeObserver(() => {
      const width = element.clientWidth;
      if (width > 0 && width !== made.width) made.setSize({ width, height: HEIGHT });
    });
    watch.observe(element);
    return () => {
      watch.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [names, isDark]);
  useEffect(() => {
    plot.current?.setData(dataOf(x, lines));
  });
  return (
    <figure>
      <figcaption>{title}</figcaption>
      <div ref={holder} class="plot" role="img" aria-label={`${title}. ${summary}`} />
    </figure>
  );
}

function dataOf(x: readonly number[], lines: readonly Line[]): uPlot.AlignedData {
  return [x, ...lines.map(({ values }) => values)] as unknown as uPlot.AlignedData;
}

function optionsOf(
  lines: readonly Line[],
  width: number,
  isDark: boolean,
  last: { readonly current: number },
): uPlot.Options {
  const scheme = isDark ? "dark" : "light";
  const ink = isDark ? "#c9ccd3" : "#3c3f46";
  const grid = { stroke: isDark ? "#31353f" : "#e4e6ea", width: 1 };
  const axis = { stroke: ink, grid, ticks: grid, font: "12px system-ui, sans-serif" };
  return {
    width: Math.max(200, width),
    height: HEIGHT,
    cursor: { sync: { key: SYNC, setSeries: false }, drag: { x: false, y: false } },
    legend: { live: true },
    scales: {
      x: { time: false, distr: 3, range: () => [1, Math.max(10, last.current)] },
      y: { distr: 3, range: (_plot, low, high) => decades(low, high) },
    },
    axes: [
      { ...axis, size: 30, values: (_plot, splits) => splits.map(powerOnly) },
      { ...axis, size: 52, values: (_plot, splits) => splits.map(powerOnly) },
    ],
    series: [
      { label: "step" },
      ...lines.map(({ label, colour, dashed }) => ({
        label,
        stroke: CURVES[colour][scheme],
        width: 1.6,
        spanGaps: true,
        points: { show: false },
        ...(dashed && { dash: [6, 4] }),
        value: (_plot: uPlot, value: number | null) => (value === null ? "–" : short(value)),
      })),
    ],
  };
}

/** Whole powers of ten around the curves. */
function decades(low: number | null, high: number | null): [number, number] {
  if (!low || !high || !Number.isFinite(low) || !Number.isFinite(high)) return [0.1, 10];
  const from = 10 ** Math.floor(Math.log10(low));
  const to = 10 ** Math.ceil(Math.log10(high));
  return from === to ? [from / 10, to * 10] : [from, to];
}

function powerOnly(split: number | null): string {
  if (split === null || split <= 0) return "";
  const power = Math.log10(split);
  if (Math.abs(power - Math.round(power)) > 1e-6) return "";
  return split >= 0.01 && split <= 1000
    ? String(Number(split.toPrecision(1)))
    : `1e${Math.round(power)}`;
}
