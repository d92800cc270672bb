import { npy, npz } from "../data/files.js";

/** A log's content, as a training loop has it. */
export interface Logged {
  readonly meta: object;
  readonly step: number[];
  readonly loss: number[];
  /** `[n][width x nodes]`. */
  readonly niw: number[][];
  readonly gradient: number[][];
  readonly noiseSquare?: number[];
}

export const META = { width: 3, nodes: 2, sigma: 0.5, learningRate: 0.1, batch: 4 };

/** A log of any numbers, the same for the same count. */
export function logged(count: number): Logged {
  const wave = (i: number, k: number) => Math.fround(Math.sin(1.7 * i + 2.3 * k + 0.4));
  const rows = (shift: number) =>
    Array.from({ length: count }, (_, i) =>
      Array.from({ length: 6 }, (_, k) => wave(i + shift, k)),
    );
  return {
    meta: META,
    step: Array.from({ length: count }, (_, i) => 2 * i),
    loss: Array.from({ length: count }, (_, i) => 1 / (1 + i)),
    niw: rows(0),
    gradient: rows(5),
    noiseSquare: Array.from({ length: count }, (_, i) => 0.25 * (1 + 0.1 * Math.sin(i))),
  };
}

/** The arrays of a log's `.npz` file. */
export function arraysOf(log: Logged, dtype = "<f4"): Record<string, Uint8Array> {
  const { meta, step, loss, niw, gradient, noiseSquare } = log;
  const n = step.length;
  const text = new TextEncoder().encode(JSON.stringify(meta));
  const cube = (rows: number[][]) => npy([n, META.width, META.nodes], rows.flat(), { dtype });
  return {
    meta: npy([text.length], text, { dtype: "|u1" }),
    step: npy([n], step.map(BigInt) as unknown as number[], { dtype: "<i8" }),
    loss: npy([n], loss, { dtype: "<f8" }),
    niw: cube(niw),
    gradient: cube(gradient),
    ...(noiseSquare && { noiseSquare: npy([n], noiseSquare, { dtype: "<f8" }) }),
  };
}

export function npzOf(log: Logged, dtype?: string): Uint8Array {
  return npz(arraysOf(log, dtype));
}

const dot = (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + x * b[i], 0);

/** The lines of the same log. */
export function linesOf({ meta, step, loss, niw, gradient, noiseSquare }: Logged): object[] {
  const steps = step.map((at, i) => ({
    ...{ step: at, loss: loss[i], norm: Math.sqrt(dot(niw[i], niw[i])) },
    memory: dot(niw[i], niw[0]) / dot(niw[0], niw[0]),
    product: dot(niw[i], gradient[i]),
    gradient: Math.sqrt(dot(gradient[i], gradient[i])),
    ...(noiseSquare && { noiseSquare: noiseSquare[i] }),
  }));
  return [{ ninscope: "gauge", ...meta }, ...steps];
}

export function jsonlOf(lines: readonly unknown[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
