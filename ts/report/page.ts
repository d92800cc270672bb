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

/** One self-contained HTML page: figures, tables and the words between. */
export function page(title: string, parts: readonly PagePart[]): string {
  const table = ({ head, rows }: PageTable) =>
    `<table><thead><tr>${head.map((cell) => `<th>${escaped(cell)}</th>`).join("")}</tr></thead><tbody>${rows
      .map((row) => `<tr>${row.map((cell) => `<td>${escaped(cell)}</td>`).join("")}</tr>`)
      .join("")}</tbody></table>`;
  const body = parts.map(({ heading, words = [], svg, table: rows }) =>
    [
      `<h2>${escaped(heading)}</h2>`,
      ...words.map((text) => `<p>${escaped(text)}</p>`),
      ...(svg ? [`<figure>${svg}</figure>`] : []),
      ...(rows ? [table(rows)] : []),
    ].join("\n"),
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1000px; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; background: #fff; }
figure { margin: 1rem 0; overflow-x: auto; } figure svg { max-width: 100%; height: auto; }
table { border-collapse: collapse; font-size: 13px; } th, td { text-align: left; vertical-align: top; padding: 4px 10px; border-bottom: 1px solid #c8c8c8; }
@media (prefers-color-scheme: dark) { body { color: #ececec; background: #16181d; } th, td { border-color: #50545c; } }
</style></head><body>
<h1>${escaped(title)}</h1>
${body.join("\n")}
</body></html>
`;
}
