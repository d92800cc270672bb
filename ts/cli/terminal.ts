import { SingleBar } from "cli-progress";
import Table from "cli-table3";
import type { OnProgress } from "../async/progress.js";

/** How much a command prints, and in which form. */
export interface Voice {
  readonly json: boolean;
  readonly quiet: boolean;
}

/** Prints lines on standard error, over a progress bar if there is one; prints nothing with `--json` or `--quiet`. */
export function sayer({ json, quiet }: Voice): (line: string) => void {
  const clear = process.stderr.isTTY ? "\r\u001b[K" : "";
  return (line) => {
    if (!json && !quiet) process.stderr.write(`${clear}${line}\n`);
  };
}

/**
 * Progress on standard error: a bar on a terminal, otherwise a line at most every 10 seconds; nothing with `--json` or
 * `--quiet`.
 */
export class ProgressBar {
  readonly #bar: SingleBar | null;
  readonly #label: string;
  readonly #silent: boolean;
  #lastLine = Date.now();

  constructor(label: string, { json, quiet }: Voice) {
    this.#label = label;
    this.#silent = json || quiet;
    const terminal = process.stderr.isTTY && !this.#silent;
    this.#bar = terminal
      ? new SingleBar({
          format: `${label} {bar} {percentage}% {note}`,
          stream: process.stderr,
          hideCursor: true,
          clearOnComplete: true,
          barCompleteChar: "█",
          barIncompleteChar: "░",
          barsize: 24,
        })
      : null;
    this.#bar?.start(1, 0, { note: "" });
  }

  /** @param fraction the part of the work that is done, 0 to 1. */
  update(fraction: number, note = ""): void {
    this.#bar?.update(fraction, { note });
    if (this.#bar || this.#silent || Date.now() - this.#lastLine < 10_000) return;
    this.#lastLine = Date.now();
    process.stderr.write(`${this.#label} ${Math.floor(100 * fraction)}% ${note}\n`);
  }

  /** Shows what a job reports. */
  readonly report: OnProgress = ({ done, total, what, secondsLeft }) =>
    this.update(done / total, `${what} ${Math.floor(done)} of ${total}${left(secondsLeft)}`);

  stop(): void {
    this.#bar?.stop();
  }
}

const COLOURS: Readonly<Record<string, string>> = {
  decoupled: "36",
  decay: "32",
  catapult: "33",
  divergent: "35",
  unclassified: "90",
};

/** A phase's name, in colour on a terminal unless NO_COLOR is set. */
export function phaseName(phase: string): string {
  const colours = process.stdout.isTTY && !process.env.NO_COLOR;
  return colours ? `\u001b[${COLOURS[phase] ?? "0"}m${phase}\u001b[0m` : phase;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const out = new Table({ head: [...head], style: { head: [], border: [], compact: true } });
  for (const row of rows) out.push([...row]);
  return out.toString();
}

/** Four significant digits; a dash if there is no number. */
export function digits(x: number | null | undefined): string {
  if (x === null || x === undefined || Number.isNaN(x)) return "-";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  return Math.abs(x) >= 1e5 || (x !== 0 && Math.abs(x) < 1e-3)
    ? x.toExponential(2)
    : String(Number(x.toPrecision(4)));
}

function left(seconds: number | null): string {
  if (seconds === null) return "";
  if (seconds < 90) return `, ${Math.ceil(seconds)} s left`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `, ${minutes} min left` : `, ${Math.round(minutes / 60)} h left`;
}
