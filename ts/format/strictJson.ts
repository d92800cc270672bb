/**
 * JSON in which nothing is ambiguous. `JSON.parse` keeps the last of two equal keys, rounds integers above 2^53 and takes
 * 1.0 for 1; readers in other languages do otherwise, so that two programs would see two files.
 * @throws SyntaxError for text that is no JSON, a key that an object has twice, a number that is no safe integer from 0 on,
 * a string with half of a surrogate pair, and for more than `DEEPEST` levels.
 */
export function parseStrict(text: string): unknown {
  const value: unknown = JSON.parse(text);
  checkTokens(text);
  return value;
}

const DEEPEST = 127;
const NATURAL = /^(0|[1-9]\d*)$/;

/** Goes through text that is known to be JSON. */
function checkTokens(text: string): void {
  /** One entry for each open bracket: an object's keys, or null for a list. */
  const open: (Set<string> | null)[] = [];
  let keyIsNext = false;
  for (let at = 0; at < text.length; at++) {
    const c = text[at];
    if (c === "{" || c === "[") {
      if (open.push(c === "{" ? new Set() : null) > DEEPEST) throw new SyntaxError("too deep");
      keyIsNext = c === "{";
    } else if (c === "}" || c === "]") {
      open.pop();
      keyIsNext = false;
    } else if (c === ",") {
      keyIsNext = open[open.length - 1] !== null;
    } else if (c === '"') {
      const end = endOfString(text, at);
      const content = wellFormed(text.slice(at, end + 1));
      const keys = open[open.length - 1];
      if (keyIsNext && keys) {
        if (keys.has(content)) throw new SyntaxError(`the key "${content}" stands there twice`);
        keys.add(content);
        keyIsNext = false;
      }
      at = end;
    } else if (c === "-" || (c >= "0" && c <= "9")) {
      let end = at;
      while (end < text.length && /[-+.\deE]/.test(text[end])) end++;
      const number = text.slice(at, end);
      if (!NATURAL.test(number) || !Number.isSafeInteger(Number(number))) {
        throw new SyntaxError(`the number ${number} is no integer from 0 to 2^53 - 1`);
      }
      at = end - 1;
    }
  }
}

/** The place of the quote that ends the string. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') return at;
  }
}

function wellFormed(literal: string): string {
  const content = JSON.parse(literal) as string;
  if (/\p{Surrogate}/u.test(content)) throw new SyntaxError("a string has half of a character");
  return content;
}
