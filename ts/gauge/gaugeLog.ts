import * as v from "valibot";
import { InputError } from "../errors/errors.js";
import { integer, real } from "../schema/takes.js";
import type { GaugeNodes, GaugeRecord } from "./record.js";

/** What a training loop elsewhere logged of its noise nodes. */
export interface GaugeLog {
  /** The noise nodes. */
  readonly nodes: GaugeNodes;
  /**
   * One for each logged step. If training diverged, the last one has an infinite loss, and NaN for all else but the step.
   */
  readonly records: readonly GaugeRecord[];
}

/** What a log says of its noise nodes. Further fields are ignored, so that a log may say more. */
export const LOGGED_NODES = v.object({
  width: integer(1),
  nodes: integer(1),
  sigma: real(0, { exclusive: true }),
  learningRate: real(0),
  batch: integer(1),
  trainingRate: v.optional(real(0)),
});

/** What a log tells of one step: `W` before its update, and `dL/dW`, the gradient of the batch mean loss. */
export interface LoggedStep {
  readonly step: number;
  /** NaN: not told. */
  readonly loss: number;
  /** `|W|`. */
  readonly norm: number;
  /** `<W, W(0)> / |W(0)|^2`. */
  readonly memory: number;
  /** `<W, dL/dW>`. */
  readonly product: number;
  /** `|dL/dW|`. */
  readonly gradient: number;
  /** Mean square of the noise as it was drawn; NaN: not told. */
  readonly noiseSquare: number;
  /** Standard error of the reading; NaN: not told. */
  readonly error: number;
  /** The curvature read by an antithetic pass, and its standard error; NaN or left out: not told. */
  readonly antithetic?: number;
  readonly antitheticError?: number;
}

/** Numbers from here on count as infinite: their squares may be. */
const INFINITE = 1e100;
/** The mean square of so many normal numbers is within a factor 2 of its expectation, but for one case in thousands. */
const ENOUGH_DRAWS = 100;

/** Turns logged steps into records, and refuses what no training loop can have logged. */
export class LogRecords {
  readonly #nodes: GaugeNodes;
  readonly #field: string;
  readonly #records: GaugeRecord[] = [];
  readonly #told = { squares: 0, steps: 0 };
  #step = -1;
  /** Where the first step stands that is not finite. */
  #diverged: string | null = null;

  /** @param field names the log in errors. */
  constructor(nodes: GaugeNodes, field: string) {
    this.#nodes = nodes;
    this.#field = field;
  }

  get length(): number {
    return this.#records.length;
  }

  /**
   * @param where names the step's place in errors.
   * @throws InputError if the step cannot follow those before it.
   */
  add(logged: LoggedStep, where: string): void {
    const { step, norm, memory, product, gradient } = logged;
    if (step <= this.#step) {
      throw this.#wrong(where, `step is ${step}, after ${this.#step}: takes steps that increase`);
    }
    this.#step = step;
    const finite = [norm, memory, product, gradient].every((x) => Math.abs(x) < INFINITE);
    if (finite && this.#diverged !== null) {
      const why = `step ${step} is finite, but that at ${this.#diverged} is not`;
      throw this.#wrong(where, `${why}: a log may be non-finite only from some step on to its end`);
    }
    this.#noteNoise(logged.noiseSquare, where);
    if (finite) this.#records.push(this.#recordOf(logged, where));
    else if (this.#records.length === 0) {
      throw this.#wrong(where, `step ${step}, the first one, is not finite: takes a finite start`);
    } else if (this.#diverged === null) {
      this.#diverged = where;
      this.#records.push(divergence(step));
    }
  }

  /** @throws InputError if there is no record, or the noise has another size than `sigma` says. */
  log(): GaugeLog {
    if (this.#records.length === 0) {
      throw new InputError(this.#field, `${this.#field}: it has no steps: takes at least one`);
    }
    const { sigma, nodes, batch } = this.#nodes;
    const { squares, steps } = this.#told;
    const ratio = squares / steps / sigma ** 2;
    if (steps * nodes * batch >= ENOUGH_DRAWS && (ratio > 2 || ratio < 0.5)) {
      throw new InputError(
        "noiseSquare",
        `${this.#field}: noiseSquare is ${short(squares / steps)} on average, and sigma is ${short(sigma)}, whose square is ${short(sigma ** 2)}: takes noise of that mean square, within a factor 2`,
      );
    }
    return { nodes: this.#nodes, records: this.#records.slice() };
  }

  #noteNoise(square: number, where: string): void {
    if (Number.isNaN(square)) return;
    if (!(square > 0 && square < INFINITE)) {
      throw this.#wrong(where, `noiseSquare is ${square}: takes a finite number above 0`);
    }
    this.#told.squares += square;
    this.#told.steps++;
  }

  #recordOf(logged: LoggedStep, where: string): GaugeRecord {
    const { step, loss, norm, memory, product, gradient, noiseSquare, error } = logged;
    if (norm === 0 && this.#records.length === 0) {
      const why =
        "the noise weights start at 0, where they read nothing and have nothing to forget";
      throw this.#wrong(where, `norm is 0 at the first step: ${why}; start them at random`);
    }
    const { sigma, learningRate } = this.#nodes;
    const square = Number.isNaN(noiseSquare) ? sigma ** 2 : noiseSquare;
    const reading = product / norm / norm / square;
    const along = norm > 0 ? product / norm : 0;
    return {
      step,
      loss,
      norm,
      memory,
      kick: learningRate * Math.sqrt(Math.max(0, gradient ** 2 - along ** 2)),
      // Noise weights that have shrunk to 0 read nothing.
      reading: Number.isFinite(reading) ? reading : Number.NaN,
      readingError: error,
      antithetic: logged.antithetic ?? Number.NaN,
      antitheticError: logged.antitheticError ?? Number.NaN,
    };
  }

  #wrong(where: string, why: string): InputError {
    return new InputError(where, `${where}: ${why}`);
  }
}

function divergence(step: number): GaugeRecord {
  const unknown = Number.NaN;
  return {
    step,
    loss: Number.POSITIVE_INFINITY,
    norm: unknown,
    memory: unknown,
    kick: unknown,
    reading: unknown,
    readingError: unknown,
    antithetic: unknown,
    antitheticError: unknown,
  };
}

function short(x: number): string {
  return String(Number(x.toPrecision(4)));
}
