import { journalLine, NEWLINE, readJournal, runInLine } from "./journal.js";
import type { Storage } from "./storage.js";

/** A journal in a folder. An entry exists once `append` has resolved; parts of lines that a crash left behind are ignored. */
export class JournalFile {
  readonly #storage: Storage;
  readonly #file: string;
  readonly #lines: Map<string, Uint8Array>;
  /** Number of damaged lines, which are ignored. */
  readonly ignored: number;
  /** Whether the file may end in a part of a line. */
  #torn: boolean;

  static async open(storage: Storage, file: string): Promise<JournalFile> {
    return new JournalFile(storage, file, (await storage.read(file)) ?? new Uint8Array(0));
  }

  private constructor(storage: Storage, file: string, bytes: Uint8Array) {
    const { lines, ignored, torn } = readJournal(bytes);
    this.#storage = storage;
    this.#file = file;
    this.#lines = new Map(lines);
    this.ignored = ignored;
    this.#torn = torn;
  }

  get size(): number {
    return this.#lines.size;
  }

  keys(): string[] {
    return [...this.#lines.keys()];
  }

  /** The last entry of a key; undefined if there is none. */
  get(key: string): unknown {
    const line = this.#lines.get(key);
    return line && runInLine(line);
  }

  /** Adds an entry, which is durable when the promise resolves. */
  async append(key: string, entry: unknown): Promise<void> {
    const line = journalLine(key, entry);
    const whole = this.#torn ? onNewLine(line) : line;
    this.#torn = true;
    await this.#storage.append(this.#file, whole);
    this.#torn = false;
    this.#lines.set(key, line.subarray(0, line.length - 1));
  }
}

/** A line that begins with a line end, so that it does not continue a line that was cut off. */
function onNewLine(line: Uint8Array): Uint8Array {
  const whole = new Uint8Array(1 + line.length);
  whole[0] = NEWLINE;
  whole.set(line, 1);
  return whole;
}
