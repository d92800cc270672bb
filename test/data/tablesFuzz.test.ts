import { expect, test } from "vitest";
import { readCsv } from "../../ts/data/csv.js";
import { InputError } from "../../ts/errors/errors.js";
import { mulberry } from "../support/mulberry.js";

/** More by hand: NINSCOPE_FUZZ=20000. */
const CASES = Number(process.env.NINSCOPE_FUZZ ?? 600);

const random = mulberry(31);
const below = (n: number) => Math.floor(random() * n);
const pick = <T>(list: readonly T[]): T => list[below(list.length)];
const chance = (p: number) => random() < p;

interface Made {
  readonly text: string;
  readonly header: boolean | undefined;
  readonly separator: string;
  readonly decimal: string;
  readonly ignore: readonly number[];
  /** Of the columns that are not ignored; null: some cell among them holds no number. */
  readonly values: readonly number[] | null;
}

/** A table as a spreadsheet, pandas or a script might write it. */
function made(): Made {
  const [rows, width] = [1 + below(6), 2 + below(4)];
  const separator = pick([",", ";", "\t", " "]);
  const decimal = chance(0.3) ? "," : ".";
  const header = pick([true, false, undefined]);
  const ignore = [...Array(width).keys()]
    .filter(() => width > 3 && chance(0.2))
    .slice(0, width - 2);
  const end = pick(["\n", "\r\n", "\r"]);
  const quote = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
  const safe = (cell: string) =>
    cell.includes(separator) || /[\s"]/.test(cell) || chance(0.2) ? quote(cell) : cell;
  const broken = chance(0.2);
  const gap = () => (separator === " " ? pick([" ", "  ", "\t", " \t "]) : separator);
  const joined = (cells: readonly string[]) =>
    cells.map((cell, c) => (c > 0 ? gap() : "") + cell).join("");
  const number = () => {
    const value = chance(0.3) ? below(9) : (random() - 0.5) * 10 ** (below(60) - 30);
    return chance(0.2) ? value.toExponential(below(12)) : String(value);
  };

  const values: number[] = [];
  let whole = true;
  const lines: string[] = [];
  const names = Array.from({ length: width }, (_, c) => `n${c}${pick(["", " x", "é", '"', ";,"])}`);
  if (header !== false) lines.push(joined(names.map(safe)));
  for (let r = 0; r < rows; r++) {
    const cells: string[] = [];
    for (let c = 0; c < width; c++) {
      if (ignore.includes(c)) {
        cells.push(safe(pick(["word", "", "two\nlines", 'a "b"', "1", "x,y;z"]) || '""'));
        continue;
      }
      const hole = broken && chance(0.3);
      if (hole) whole = false;
      const text = hole
        ? pick(["", "NA", "nan", "1_0", "0x1", "--1", "1e", "inf", "1 2"])
        : number();
      values.push(hole ? Number.NaN : Number(text));
      const cell = hole ? text : text.replace(".", decimal);
      cells.push(cell === "" && separator === " " ? '""' : safe(cell));
    }
    lines.push(joined(cells));
    if (chance(0.1)) lines.push("");
  }
  const text = (chance(0.1) ? "\ufeff" : "") + lines.join(end) + pick(["", end, end + end]);
  return { text, header, separator, decimal, ignore, values: whole ? values : null };
}

/** The numbers that are read, or null if an InputError in one line refuses them. */
function read(text: string, { header, separator, decimal, ignore }: Made): number[] | null {
  const bytes = new TextEncoder().encode(text);
  try {
    const table = readCsv(bytes, header, "file", { separator, decimal, ignore });
    expect(table.values).toHaveLength(table.rows * table.columns.length);
    return [...table.values];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    expect(error.field).toMatch(/^(file|data\.(header|ignore\.\d))$/);
    expect(error.message).toMatch(/^[^\p{Cc}]+$/u);
    return null;
  }
}

/** The numbers below the first line by an independent reading, with regular expressions; null if there are none. */
function decoded(text: string, { header, separator, decimal, ignore }: Made): number[] | null {
  let rest = text.replace(/^\ufeff/, "");
  const stop = separator === " " ? "[ \\t]" : separator;
  const lead = separator === " " ? "[ \\t]*" : "";
  const cell = new RegExp(
    `^${lead}("(?:[^"]|"")*"|(?!")[^${separator === " " ? " \\t" : separator}\\r\\n]*)(?=${stop}|\\r|\\n|$)`,
  );
  const lines: string[][] = [];
  while (rest) {
    const line: string[] = [];
    for (;;) {
      const match = cell.exec(rest);
      if (!match) return null;
      rest = rest.slice(match[0].length);
      const [, found] = match;
      line.push(found[0] === '"' ? found.slice(1, -1).replaceAll('""', '"') : found);
      const more = new RegExp(separator === " " ? "^[ \\t]+(?=[^ \\t\\r\\n])" : `^${separator}`);
      if (!more.test(rest)) break;
      rest = rest.replace(more, "");
    }
    rest = rest.replace(/^[ \t]*(\r\n|\r|\n|$)/, "");
    if (line.length > 1 || line[0].trim()) lines.push(line);
  }
  const data = header === false ? lines : lines.slice(1);
  const width = lines[0]?.length ?? 0;
  if (data.length === 0 || data.some((line) => line.length !== width)) return null;
  const numbers = data.flatMap((line) =>
    line
      .filter((_, c) => !ignore.includes(c))
      .map((found) => {
        const [sign, other] = decimal === "," ? [",", "."] : [".", ","];
        const plain = found.includes(other) ? "" : found.trim().replace(sign, ".");
        return /^[+-]?[\d.]+(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : Number.NaN;
      }),
  );
  return numbers.every(Number.isFinite) ? numbers : null;
}

test(`${CASES} tables, whole and altered: refused, or read as they were written`, () => {
  let [accepted, holed, altered] = [0, 0, 0];
  for (let i = 0; i < CASES; i++) {
    const table = made();
    const own = read(table.text, table);
    const what = `case ${i}: ${JSON.stringify(table)}`;
    expect(own, what).toEqual(table.values);
    expect(decoded(table.text, table), what).toEqual(table.values);
    if (own) accepted++;
    else holed++;
    // A letter replaced, dropped or added here and there.
    const letters = [...table.text];
    for (let k = 1 + below(3); k > 0; k--) {
      const letter = pick([..."0123456789.,;\t \n\r\"'-+eEx_", ""]);
      letters.splice(below(letters.length), below(2), letter);
    }
    const text = letters.join("");
    const found = read(text, table);
    if (!found) continue;
    expect(found, `altered ${what} to ${JSON.stringify(text)}`).toEqual(decoded(text, table));
    altered++;
  }
  for (const count of [accepted, holed, altered]) expect(count).toBeGreaterThan(CASES / 15);
});
