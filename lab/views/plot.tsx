import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { CURVES } from "../../ts/report/palette.js";
import type { Column } from "../maths/aligned.js";
import { rowsNow } from "../maths/rowsNow.js";
import { short } from "../maths/short.js";
import { dark } from "./session.js";

/** One curve of a plot. */
export interface Line {
  readonly label: string;
  readonly colour: keyof typeof CURVES;
  readonly values: Column;
  /** Lengths of dashes and gaps in pixels; left out: a full line. */
  readonly dash?: number[];
  /** Line width in pixels; left out: that of the run on show. */
  readonly width?: number;
  /** A letter that is written at the line's end. */
  readonly tag?: string;
}

/** Curves over the same steps, each one further than its number: step 0 lies at 1. */
export interface CurveSet {
  readonly x: readonly number[];
  readonly lines: readonly Line[];
}

interface PlotProps {
  readonly title: string;
  /** The last step of the whole run, so that the axis does not move while the run goes on. */
  readonly end: number;
  /** The run's own lines first. */
  readonly sets: readonly CurveSet[];
  readonly summary: string;
}

/** Pointers of all plots move together. */
const SYNC = "run";
const HEIGHT = 220;

/** Curves on logarithmic axes, drawn anew with each frame. */
export function Plot({ title, end, sets, summary }: PlotProps) {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const tags = useRef<readonly (string | undefined)[]>([]);
  tags.current = sets.flatMap((set) => set.lines.map(({ tag }) => tag));
  const last = useRef(end);
  last.current = end;
  const isDark = dark.value;
  const lines = sets.flatMap((set) => set.lines);
  const names = lines.map(({ label, colour, dash }) => `${label}${colour}${dash}`).join();
  useEffect(() => {
    const element = holder.current;
    if (!element) return;
    const made = new uPlot(
      optionsOf(lines, sets[0].lines.length, element.clientWidth, isDark, last, tags),
      dataOf(sets),
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
    plot.current?.setData(dataOf(sets));
  });
  return (
    <figure>
      <figcaption>{title}</figcaption>
      <div ref={holder} class="plot" role="img" aria-label={`${title}. ${summary}`} />
    </figure>
  );
}

/** All curves over the steps of any of them. */
function dataOf(sets: readonly CurveSet[]): uPlot.AlignedData {
  const tables = sets.map(({ x, lines }) => [x, ...lines.map(({ values }) => values)]);
  return uPlot.join(tables as unknown as uPlot.AlignedData[]);
}

function optionsOf(
  lines: readonly Line[],
  own: number,
  width: number,
  isDark: boolean,
  last: { readonly current: number },
  tags: { readonly current: readonly (string | undefined)[] },
): uPlot.Options {
  const scheme = isDark ? "dark" : "light";
  const ink = isDark ? "#c9ccd3" : "#3c3f46";
  const grid = { stroke: isDark ? "#31353f" : "#e4e6ea", width: 1, filter: ifFew };
  const axis = { stroke: ink, grid, ticks: grid, font: "12px system-ui, sans-serif" };
  return {
    width: Math.max(200, width),
    height: HEIGHT,
    cursor: { sync: { key: SYNC, setSeries: false }, drag: { x: false, y: false } },
    legend: { live: true },
    hooks: {
      draw: [(plot) => writeTags(plot, tags.current, ink)],
      setLegend: [(plot) => showNow(plot, own)],
    },
    scales: {
      x: { time: false, distr: 3, range: () => [1, Math.max(10, last.current)] },
      y: { distr: 3, range: (_plot, low, high) => decades(low, high) },
    },
    axes: [
      {
        ...axis,
        grid: { ...grid, filter: (_plot, splits) => splits },
        size: 30,
        splits: (_plot, _axis, _low, high) => stepTicks(high),
        filter: (_plot, splits) => splits,
        values: (_plot, splits) => splits.map((at) => stepName(at - 1)),
      },
      { ...axis, size: 52, values: (_plot, splits) => splits.map(powerOnly) },
    ],
    series: [
      { label: "step", value: (_plot, at) => (at == null ? "–" : String(at - 1)) },
      ...lines.map(({ label, colour, dash, width: thickness }) => ({
        label,
        stroke: CURVES[colour][scheme],
        width: thickness ?? 1.6,
        spanGaps: true,
        points: { show: false },
        ...(dash && { dash }),
        value: (_plot: uPlot, value: number | null | undefined) =>
          value == null ? "–" : short(value),
      })),
    ],
  };
}

/** Where no pointer asks for a step, the legend tells where the run is. */
function showNow(plot: uPlot, own: number): void {
  if (plot.cursor.idx != null) return;
  const [, ...columns] = plot.data as unknown as readonly Column[];
  plot.setLegend({ idxs: rowsNow(columns, own) }, false);
}

/** Writes the letters of lines at their last points. */
function writeTags(plot: uPlot, tags: readonly (string | undefined)[], ink: string): void {
  const { ctx } = plot;
  ctx.save();
  ctx.font = `600 ${12 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.fillStyle = ink;
  ctx.textAlign = "right";
  for (const [i, tag] of tags.entries()) {
    const values = plot.data[i + 1] as Column | undefined;
    const end = values?.findLastIndex((value) => value != null) ?? -1;
    if (!tag || !values || end < 0) continue;
    const x = plot.valToPos(plot.data[0][end], "x", true);
    const y = plot.valToPos(values[end] as number, "y", true);
    ctx.fillText(tag, x - 2, y - 5 * devicePixelRatio);
  }
  ctx.restore();
}

/** Step 0 and powers of ten. A logarithmic axis has no 0, so a step lies one further. */
function stepTicks(high: number): number[] {
  const ticks = [1];
  for (let step = 1; step + 1 <= high; step *= 10) ticks.push(step + 1);
  return ticks;
}

function stepName(step: number): string {
  return step === 0 ? "0" : powerOnly(step);
}

/** Whole powers of ten around the curves. */
function decades(low: number | null, high: number | null): [number, number] {
  if (!low || !high || !Number.isFinite(low) || !Number.isFinite(high)) return [0.1, 10];
  const from = 10 ** Math.floor(Math.log10(low));
  const to = 10 ** Math.ceil(Math.log10(high));
  return from === to ? [from / 10, to * 10] : [from, to];
}

/** Where an axis spans many powers of ten, lines between them would only make it grey. */
function ifFew(_plot: uPlot, splits: number[]): (number | null)[] {
  const powers = splits.filter((split) => powerOnly(split) !== "");
  return powers.length > 4 ? splits.map((x) => (powerOnly(x) === "" ? null : x)) : splits;
}

function powerOnly(split: number | null): string {
  if (split === null || split <= 0) return "";
  const power = Math.log10(split);
  if (Math.abs(power - Math.round(power)) > 1e-6) return "";
  return split >= 0.01 && split <= 1000
    ? String(Number(split.toPrecision(1)))
    : `1e${Math.round(power)}`;
}
