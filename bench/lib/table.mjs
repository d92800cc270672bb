import Table from "cli-table3";

/** Prints rows under a heading, as plain text without colours, and below them `notes`, one on each line. */
export function printTable({ title, head, rows, notes = [] }) {
  const none = Object.fromEntries(
    ["top", "bottom", "left", "right", "mid"].flatMap((side) =>
      ["", "-mid", "-left", "-right"].map((part) => [`${side}${part}`, ""]),
    ),
  );
  const table = new Table({
    head,
    chars: { ...none, middle: "  ", mid: "" },
    style: { head: [], border: [], compact: true, "padding-left": 0, "padding-right": 0 },
    // Text is left-aligned, numbers right-aligned.
    colAligns: head.map((_, i) =>
      i > 0 && rows.some((row) => /^[\d-]/.test(row[i])) ? "right" : "left",
    ),
  });
  table.push(...rows.map((row) => row.map((cell) => String(cell ?? ""))));
  console.log(`\n${title}\n\n${table.toString()}`);
  for (const note of notes) console.log(note);
}

/** A number with three significant digits, aligned with others. */
export function figure(value) {
  if (!Number.isFinite(value)) return "";
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
}

/** Median and quartiles. */
export function spread(summary, scale = 1) {
  if (!summary) return "";
  const [median, q1, q3] = [summary.median, summary.q1, summary.q3].map((x) => figure(x * scale));
  return `${median} (${q1} to ${q3})`;
}

/** The reasons why contestants failed, each once. */
export function failures(results) {
  const lines = results.flatMap(({ side, failed }) => (failed ? [`${side}: ${failed}`] : []));
  return [...new Set(lines)];
}
