/** A tensor as the oracle reads it; no numbers for types that ninscope does not read. */
export interface Read {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: number[] | null;
}

export interface OracleFile {
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, Read>;
}

/** JSON values, with objects as maps: none of `JSON.parse`'s own habits. */
type Json = string | bigint | boolean | null | Json[] | Map<string, Json>;

class Wrong extends Error {}

/** A reader of its own for each rule of JSON, one character at a time. */
class JsonReader {
  #at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): Json {
    const value = this.#value(0);
    this.#blanks();
    if (this.#at < this.#text.length) throw new Wrong();
    return value;
  }

  #blanks(): void {
    while (" \t\n\r".includes(this.#text[this.#at] ?? "x")) this.#at++;
  }

  #take(words: string): void {
    if (!this.#text.startsWith(words, this.#at)) throw new Wrong();
    this.#at += words.length;
  }

  #value(depth: number): Json {
    this.#blanks();
    const c = this.#text[this.#at];
    if (c === "{") return this.#object(depth + 1);
    if (c === "[") return this.#list(depth + 1);
    if (c === '"') return this.#string();
    for (const [word, value] of [
      ["null", null],
      ["true", true],
      ["false", false],
    ] as const) {
      if (c === word[0]) {
        this.#take(word);
        return value;
      }
    }
    // Integers from 0 to 2^53 - 1 alone stand in these headers.
    let digits = "";
    while (/[-+.eE0-9]/.test(this.#text[this.#at] ?? "x")) digits += this.#text[this.#at++];
    if (!/^[0-9]+$/.test(digits) || (digits.length > 1 && digits[0] === "0")) throw new Wrong();
    const number = BigInt(digits);
    if (number >= 2n ** 53n) throw new Wrong();
    return number;
  }

  #object(depth: number): Json {
    if (depth > 127) throw new Wrong();
    const members = new Map<string, Json>();
    this.#take("{");
    this.#blanks();
    if (this.#text[this.#at] === "}") {
      this.#at++;
      return members;
    }
    for (;;) {
      this.#blanks();
      const key = this.#string();
      if (members.has(key)) throw new Wrong();
      this.#blanks();
      this.#take(":");
      members.set(key, this.#value(depth));
      this.#blanks();
      if (this.#text[this.#at] !== ",") break;
      this.#at++;
    }
    this.#take("}");
    return members;
  }

  #list(depth: number): Json {
    if (depth > 127) throw new Wrong();
    const items: Json[] = [];
    this.#take("[");
    this.#blanks();
    if (this.#text[this.#at] === "]") {
      this.#at++;
      return items;
    }
    for (;;) {
      items.push(this.#value(depth));
      this.#blanks();
      if (this.#text[this.#at] !== ",") break;
      this.#at++;
    }
    this.#take("]");
    return items;
  }

  #string(): string {
    this.#take('"');
    let units = "";
    for (;;) {
      const c = this.#text[this.#at++];
      if (c === undefined || c < " ") throw new Wrong();
      if (c === '"') break;
      if (c !== "\\") {
        units += c;
        continue;
      }
      const escaped = this.#text[this.#at++];
      const plain = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", "/": "/", "\\": "\\", '"': '"' };
      if (escaped === "u") {
        const hex = this.#text.slice(this.#at, this.#at + 4);
        if (!/^[0-9a-fA-F]{4}$/.test(hex)) throw new Wrong();
        units += String.fromCharCode(Number.parseInt(hex, 16));
        this.#at += 4;
      } else if (escaped !== undefined && Object.hasOwn(plain, escaped)) {
        units += plain[escaped as keyof typeof plain];
      } else throw new Wrong();
    }
    // Half of a surrogate pair does not come back from UTF-8.
    const back = new TextDecoder().decode(new TextEncoder().encode(units));
    if (back !== units && `\ufeff${back}` !== units) throw new Wrong();
    return units;
  }
}

const BITS: Readonly<Record<string, bigint>> = {
  ...{ BOOL: 8n, U8: 8n, I8: 8n, F8_E5M2: 8n, F8_E4M3: 8n, F8_E8M0: 8n },
  ...{ F4: 4n, F6_E2M3: 6n, F6_E3M2: 6n },
  ...{ U16: 16n, I16: 16n, F16: 16n, BF16: 16n, U32: 32n, I32: 32n, F32: 32n },
  ...{ U64: 64n, I64: 64n, F64: 64n, C64: 64n },
};

/** A safetensors file as its format's rules have it, read in the plainest way; null if it breaks one. */
export function oracle(bytes: Uint8Array): OracleFile | null {
  try {
    return readFile(bytes);
  } catch (error) {
    if (error instanceof Wrong) return null;
    throw error;
  }
}

function readFile(bytes: Uint8Array): OracleFile {
  if (bytes.length < 8) throw new Wrong();
  let length = 0n;
  for (let i = 7; i >= 0; i--) length = length * 256n + BigInt(bytes[i]);
  if (length > 100_000_000n || length + 8n > BigInt(bytes.length)) throw new Wrong();
  const start = 8 + Number(length);
  const head = Buffer.from(bytes.subarray(8, start));
  const text = head.toString("utf8");
  if (!Buffer.from(text, "utf8").equals(head) || !text.startsWith("{")) throw new Wrong();
  const header = new JsonReader(text).whole() as Map<string, Json>;

  const metadata = new Map<string, string>();
  const notes = header.get("__metadata__") ?? null;
  header.delete("__metadata__");
  if (notes !== null) {
    if (!(notes instanceof Map)) throw new Wrong();
    for (const [key, value] of notes) {
      if (typeof value !== "string") throw new Wrong();
      metadata.set(key, value);
    }
  }

  const tensors = new Map<string, Read>();
  const owners = new Array<string | null>(bytes.length - start).fill(null);
  for (const [name, entry] of header) {
    if (!(entry instanceof Map)) throw new Wrong();
    const [dtype, shape, offsets] = ["dtype", "shape", "data_offsets"].map((key) => entry.get(key));
    if (typeof dtype !== "string" || !Object.hasOwn(BITS, dtype)) throw new Wrong();
    if (!isIntegers(shape) || !isIntegers(offsets) || offsets.length !== 2) throw new Wrong();
    let bits = BITS[dtype];
    for (const n of shape) {
      bits *= n;
      if (bits > 2n ** 53n) throw new Wrong();
    }
    const [from, to] = offsets;
    if (from > to || (to - from) * 8n !== bits || to > BigInt(owners.length)) throw new Wrong();
    // Each byte has one owner.
    for (let i = Number(from); i < Number(to); i++) {
      if (owners[i] !== null) throw new Wrong();
      owners[i] = name;
    }
    const part = bytes.subarray(start + Number(from), start + Number(to));
    tensors.set(name, { dtype, shape: shape.map(Number), values: numbers(dtype, part) });
  }
  if (owners.includes(null)) throw new Wrong();
  // An empty tensor stands between others, not within one.
  for (const entry of header.values()) {
    const [from, to] = (entry as Map<string, bigint[]>).get("data_offsets") ?? [];
    const [before, behind] = [owners[Number(from) - 1], owners[Number(from)]];
    if (from === to && before !== undefined && behind !== undefined && before === behind) {
      throw new Wrong();
    }
  }
  return { metadata, tensors };
}

function isIntegers(value: Json | undefined): value is bigint[] {
  return Array.isArray(value) && value.every((n) => typeof n === "bigint");
}

function numbers(dtype: string, part: Uint8Array): number[] | null {
  const view = new DataView(part.buffer, part.byteOffset, part.byteLength);
  const all = (size: number, at: (offset: number) => number) =>
    Array.from({ length: part.length / size }, (_, i) => at(i * size));
  if (dtype === "F32") return all(4, (i) => view.getFloat32(i, true));
  if (dtype === "F64") return all(8, (i) => view.getFloat64(i, true));
  if (dtype === "BF16") return all(2, (i) => floatOf(view.getUint16(i, true), 8, 7));
  if (dtype === "F16") return all(2, (i) => floatOf(view.getUint16(i, true), 5, 10));
  return null;
}

/** A number of 16 bits by the definition of IEEE 754's formats. */
function floatOf(bits: number, exponentBits: number, fractionBits: number): number {
  const text = bits.toString(2).padStart(16, "0");
  const sign = text[0] === "1" ? -1 : 1;
  const exponent = Number.parseInt(text.slice(1, 1 + exponentBits), 2);
  const fraction = Number.parseInt(text.slice(1 + exponentBits), 2) / 2 ** fractionBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === 2 * bias + 1)
    return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** (1 - bias);
  return sign * (1 + fraction) * 2 ** (exponent - bias);
}
