import { escaped } from "./svg.js";

/** A table of words and numbers. */
export interface PageTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface PagePart {
  readonly heading: string;
  /** Paragraphs, before figure and table. */
  readonly words?: readonly string[];
  readonly svg?: string;
  readonly table?: PageTable;
}

export interface Page {
  readonly title: string;
  /** What it is about, in a sentence or two. */
  readonly lead: string;
  readonly parts: readonly PagePart[];
  /** What it was made from and how, name and value, at the page's foot. */
  readonly provenance: readonly (readonly [string, string])[];
}

/** One HTML page that needs nothing else: figures, tables and the words between; for light, dark and paper. */
export function page({ title, lead, parts, provenance }: Page): string {
  const body = parts.map(({ heading, words = [], svg, table }) =>
    [
      `<section><h2>${escaped(heading)}</h2>`,
      ...words.map((text) => `<p>${escaped(text)}</p>`),
      ...(svg ? [figureOf(svg)] : []),
      ...(table ? [tableOf(table)] : []),
      "</section>",
    ].join("\n"),
  );
  const made = provenance.map(
    ([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>${STYLE}</style></head><body>
<h1>${escaped(title)}</h1>
<p>${escaped(lead)}</p>
${body.join("\n")}
<footer><h2>How it was made</h2><dl>${made.join("")}</dl></footer>
</body></html>
`;
}

/** Narrower than so many pixels no figure is drawn: its words could not be read. The page scrolls it sideways instead. */
const LEAST_WIDTH = 760;

function figureOf(svg: string): string {
  const width = Number(/ width="(\d+)/.exec(svg)?.[1] ?? LEAST_WIDTH);
  return `<figure><div style="min-width:${Math.min(width, LEAST_WIDTH)}px">${svg}</div></figure>`;
}

function tableOf({ head, rows }: PageTable): string {
  const row = (cells: readonly string[], kind: "th" | "td") =>
    `<tr>${cells.map((cell) => `<${kind}>${escaped(cell)}</${kind}>`).join("")}</tr>`;
  return `<div class="table"><table><thead>${row(head, "th")}</thead><tbody>${rows.map((cells) => row(cells, "td")).join("")}</tbody></table></div>`;
}

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1000px; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; background: #fff; overflow-wrap: anywhere; }
figure, .table { margin: 1rem 0; overflow-x: auto; } figure svg { display: block; max-width: 100%; height: auto; }
table { border-collapse: collapse; font-size: 13px; min-width: 34rem; overflow-wrap: normal; } th, td { text-align: left; vertical-align: top; padding: 4px 10px; border-bottom: 1px solid #c8c8c8; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 14px; font-size: 13px; } dd { margin: 0; }
@media (prefers-color-scheme: dark) { body { color: #ececec; background: #16181d; } th, td { border-color: #50545c; } }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: 6px; } }
@media print { body { max-width: none; margin: 0; } figure, tr { break-inside: avoid; } h2 { break-after: avoid; } }
`;
