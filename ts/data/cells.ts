/** A line of a table and its cells, without quotes. */
export interface Line {
  /** Number of the line in the file, counted from 1. */
  readonly number: number;
  readonly cells: readonly string[];
}

/**
 * The non-blank lines of a table of text (RFC 4180). A quoted cell may contain separators, line ends and doubled
 * quotes.
 * @param separator one character; a blank stands for any sequence of blanks and tabs.
 * @param fail is called with a description of the error, and throws.
 */
export function linesOf(text: string, separator: string, fail: (what: string) => never): Line[] {
  const runs = separator === " ";
  const ends = (i: number) => i >= text.length || text[i] === "\n" || text[i] === "\r";
  const parts = (i: number) => text[i] === separator || (runs && text[i] === "\t");
  const lines: Line[] = [];
  let at = 0;
  let number = 1;

  const skipRun = () => {
    while (parts(at)) at++;
  };
  const quoted = (): string => {
    const first = number;
    let cell = "";
    for (;;) {
      const end = text.indexOf('"', at + 1);
      // Otherwise everything after this quote would become one cell.
      if (end < 0) return fail(`line ${first} has a quote that is not closed`);
      const piece = text.slice(at + 1, end);
      number += piece.match(/\r\n|\n|\r/g)?.length ?? 0;
      cell += piece;
      at = end + 1;
      if (text[at] !== '"') return cell;
      cell += '"';
    }
  };
  const plain = (): string => {
    const from = at;
    while (!ends(at) && !parts(at)) at++;
    return text.slice(from, at);
  };

  while (at < text.length) {
    const cells: string[] = [];
    const first = number;
    if (runs) skipRun();
    for (let more = true; more; ) {
      cells.push(text[at] === '"' ? quoted() : plain());
      more = parts(at);
      if (!more && !ends(at))
        fail(
          `line ${number} has a quoted cell with text after its closing quote: takes a separator there`,
        );
      if (runs) {
        skipRun();
        more = !ends(at);
      } else if (more) at++;
    }
    if (cells.length > 1 || cells[0].trim() !== "") lines.push({ number: first, cells });
    at += text[at] === "\r" && text[at + 1] === "\n" ? 2 : 1;
    number++;
  }
  return lines;
}
