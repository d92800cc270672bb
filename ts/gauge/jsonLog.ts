import * as v from "valibot";
import { textOf } from "../data/text.js";
import { InputError, shown } from "../errors/errors.js";
import { parseWith } from "../schema/parseWith.js";
import { integer } from "../schema/takes.js";
import { type GaugeLog, LOGGED_NODES, type LoggedStep, LogRecords } from "./gaugeLog.js";
import type { GaugeNodes } from "./record.js";

const HEADER = v.object({
  ninscope: v.literal("gauge", 'takes "gauge", in the first line'),
  ...LOGGED_NODES.entries,
});

/** A number, or null where it is not finite. */
function finiteOrNull(least = Number.NEGATIVE_INFINITY) {
  return v.custom<number | null>(
    (x) => x === null || (typeof x === "number" && Number.isFinite(x) && x >= least),
    `takes a number${least === 0 ? " of at least 0" : ""}, or null if it is not finite`,
  );
}

const LINE = v.object({
  step: integer(0),
  loss: v.optional(finiteOrNull()),
  norm: finiteOrNull(0),
  memory: finiteOrNull(),
  product: v.optional(finiteOrNull()),
  gradient: v.optional(finiteOrNull(0)),
  reading: v.optional(finiteOrNull()),
  kick: v.optional(finiteOrNull(0)),
  antithetic: v.optional(finiteOrNull()),
  antitheticError: v.optional(finiteOrNull(0)),
  noiseSquare: v.optional(finiteOrNull(0)),
  error: v.optional(finiteOrNull(0)),
});

const NEWLINE = 10;
/** How far rounding, in half precision too, may carry a product beyond its bound. */
const ROUNDING = 1.05;

/**
 * Reads a log of JSON lines, in pieces as the file grows. The first line is
 * `{ "ninscope": "gauge", "width", "nodes", "sigma", "learningRate", "batch" }`; then each step has a line
 * `{ "step", "loss"?, "norm", "memory", "product", "gradient", "noiseSquare"?, "error"? }`, with `product = <W, dL/dW>` and
 * `gradient = |dL/dW|`. In place of these two it may have `reading` and `kick`, as `gaugeLogLine` writes them. Numbers that are not finite are null; a `loss` of null is one that the loop did not tell. Empty lines and
 * further fields are ignored.
 */
export class JsonLog {
  readonly #field: string;
  #nodes: GaugeNodes | null = null;
  #records: LogRecords | null = null;
  #line = 0;
  /** The last line so far, which no newline has ended. */
  #rest: Uint8Array = new Uint8Array(0);

  /** @param field names the file in errors. */
  constructor(field: string) {
    this.#field = field;
  }

  /** How many records there are so far. */
  get length(): number {
    return this.#records?.length ?? 0;
  }

  /**
   * Reads what the file has grown by. A last line without its newline waits for the rest.
   * @throws InputError that names the line, the field, its value, and what would be right.
   */
  push(bytes: Uint8Array): void {
    const all = new Uint8Array(this.#rest.length + bytes.length);
    all.set(this.#rest);
    all.set(bytes, this.#rest.length);
    let begin = 0;
    for (let end = all.indexOf(NEWLINE); end >= 0; end = all.indexOf(NEWLINE, begin)) {
      this.#line++;
      this.#read(all.subarray(begin, end));
      begin = end + 1;
    }
    this.#rest = all.slice(begin);
  }

  /** @throws InputError if there is no record yet, or the noise has another size than the first line says. */
  log(): GaugeLog {
    if (this.#records === null) {
      throw new InputError(
        this.#field,
        `${this.#field}: it has no whole line: takes a NumPy .npz file, or JSON lines that end in newlines`,
      );
    }
    return this.#records.log();
  }

  #read(bytes: Uint8Array): void {
    const where = `${this.#field}, line ${this.#line}`;
    const fail = (why: string): never => {
      throw new InputError(where, `${where}: ${why}`);
    };
    const text = textOf(bytes, (why) => fail(`${why}: takes a NumPy .npz file or JSON lines`));
    if (text.trim() === "") return;
    const given = jsonIn(text, fail);
    try {
      if (this.#nodes) this.#records?.add(stepOf(given, this.#nodes), where);
      else {
        this.#nodes = nodesOf(given);
        this.#records = new LogRecords(this.#nodes, this.#field);
      }
    } catch (error) {
      if (!(error instanceof InputError) || error.field === where) throw error;
      throw new InputError(error.field, `${where}: ${error.message}`);
    }
  }
}

function jsonIn(text: string, fail: (why: string) => never): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const hint = /\b(NaN|Infinity)\b/.test(text) ? "; numbers that are not finite are null" : "";
    return fail(`${shown(text.trim())}: takes a JSON object in one line${hint}`);
  }
}

function nodesOf(given: unknown) {
  const { ninscope, ...nodes } = parseWith(HEADER, given, "the line");
  return nodes;
}

function stepOf(given: unknown, nodes: GaugeNodes): LoggedStep {
  const line = parseWith(LINE, given, "the line");
  const told = (x: number | null | undefined) => x ?? Number.NaN;
  const { step } = line;
  const norm = told(line.norm);
  const read = line.reading !== undefined;
  for (const name of read ? (["kick"] as const) : (["product", "gradient"] as const)) {
    if (line[name] !== undefined) continue;
    const beside = read ? "the kick beside a reading" : "product and gradient, or reading and kick";
    throw new InputError(name, `${name} is missing: takes ${beside}`);
  }
  const { product, gradient } = read
    ? unread(norm, told(line.reading), told(line.kick), nodes)
    : { product: told(line.product), gradient: told(line.gradient) };
  const most = norm * gradient;
  if (Math.abs(product) > ROUNDING * most) {
    throw new InputError(
      "product",
      `product is ${product}, and norm times gradient only ${most}: takes <W, dL/dW>, with norm |W| and gradient |dL/dW|`,
    );
  }
  return {
    ...{ step, norm, product, gradient },
    ...{ loss: told(line.loss), memory: told(line.memory) },
    ...{ noiseSquare: told(line.noiseSquare), error: told(line.error) },
    ...{ antithetic: told(line.antithetic), antitheticError: told(line.antitheticError) },
  };
}

/** The product and the gradient that a reading and a kick come from. */
function unread(
  norm: number,
  reading: number,
  kick: number,
  { sigma, learningRate }: GaugeNodes,
): { readonly product: number; readonly gradient: number } {
  const along = reading * sigma ** 2 * norm;
  const across = learningRate > 0 ? kick / learningRate : 0;
  return { product: along * norm, gradient: Math.hypot(along, across) };
}
