type Cell = string | number | boolean | null | undefined;

/** Rows as CSV, with a header line; an empty cell: nothing was measured. Numbers keep all their digits. */
export function csvOf(rows: readonly Readonly<Record<string, Cell>>[]): string {
  const names = Object.keys(rows[0] ?? {});
  const lines = rows.map((row) => names.map((name) => quoted(row[name])).join(","));
  return `${[names.map(quoted).join(","), ...lines].join("\n")}\n`;
}

function quoted(cell: Cell): string {
  const text = cell === null || cell === undefined ? "" : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
