import { describe, expect, test } from "vitest";
import { normalCdf, normalDensity } from "../../ts/backend/erf.js";
import type { Machine } from "../../ts/backend/machine.js";
import { referenceMachine } from "../../ts/backend/reference.js";
import { wasmMachine } from "../../ts/backend/wasm.js";
import { webgpuMachine } from "../../ts/backend/webgpu/webgpu.js";
import { chainLength, gamma, TINY, UNIT_ROUNDOFF as U } from "../../ts/check/verify/roundings.js";
import { BYTES } from "../../ts/kernels/embeddedWide.js";
import { inflated } from "../../ts/kernels/inflated.js";
import { kernelsFrom } from "../../ts/kernels/instance.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import type { Activation, BufferSpec, Op, Region } from "../../ts/program/ops.js";
import { Streams } from "../../ts/random/streams.js";
import { testGpu } from "../gpu.js";

// Every operation, on every machine, against the float64 reference. Inputs are float32 numbers, so that both see
// the same; bounds come from the length of the sums: gamma(n) = n u / (1 - n u), u = 2^-24.

const baseline = await loadKernels();
const relaxed = await loadKernels({ fast: true });
const wide = kernelsFrom(await WebAssembly.compile(await inflated(BYTES)), "relaxed");
const gpu = await testGpu();
const withoutSubgroups = await testGpu({ withoutSubgroups: true });

interface Subject {
  readonly machine: Machine | null;
  /** Relative error of a sum of so many numbers in the trace: float64 here, float32 in a tree there. */
  readonly sum: (length: number) => number;
  /** Roundings of tanh and of Phi: WGSL's division may be off by 2.5 units in the last place. */
  readonly tanh: number;
  readonly phi: number;
}
const onCpu = (machine: Machine): Subject => ({
  machine,
  sum: (length) => length * 2 ** -52,
  tanh: 3,
  phi: 8,
});
const onGpu = (found: typeof gpu): Subject => ({
  machine: "none" in found ? null : webgpuMachine(found),
  sum: (length) => gamma(chainLength(length) + 2),
  tanh: 6,
  phi: 12,
});
const subjects: [string, Subject][] = [
  ["wasm baseline", onCpu(wasmMachine(baseline))],
  ["wasm relaxed", onCpu(wasmMachine(relaxed))],
  ["wasm wide", onCpu(wasmMachine(wide))],
  ["webgpu", onGpu(gpu)],
  ["webgpu without subgroups", onGpu(withoutSubgroups)],
];

test("both flavours are under test", () => {
  expect([baseline.flavour, relaxed.flavour]).toEqual(["baseline", "relaxed"]);
});

let epoch = 0;
const streams = new Streams(baseline, 2026);
const normals = (length: number, scale = 1) =>
  streams.draw("data", 0, "normal", epoch++, length, 1).map((x) => x * scale);

/** A matrix in the middle of a larger buffer of other numbers. */
function region(buffer: string, rows: number, cols: number, stride = cols + 3): Region {
  return { buffer, offset: 5, rows, cols, stride };
}

const lengthOf = ({ offset, rows, stride }: Region) => offset + rows * stride + 5;

type Contents = Record<string, Float32Array | Uint8Array | Uint32Array>;

async function run(machine: Machine, ops: Op[], contents: Contents, slots: number, first = 0) {
  const buffers = Object.fromEntries(
    Object.entries(contents).map(([name, values]): [string, BufferSpec] => [
      name,
      {
        type:
          values instanceof Uint8Array ? "byte" : values instanceof Uint32Array ? "index" : "float",
        length: values.length,
      },
    ]),
  );
  const session = await machine.open({ buffers, fills: [], lists: { list: { ops, slots } } });
  for (const [name, values] of Object.entries(contents)) session.write(name, values);
  const trace = await session.run("list", first, 1);
  const after = Object.fromEntries(
    await Promise.all(
      Object.keys(contents).map(async (name) => [name, await session.read(name)] as const),
    ),
  ) as Record<string, Float64Array>;
  session.dispose();
  return { trace, after };
}

/** Elements of `buffer` that lie outside the region must not have been touched. */
function untouchedOutside(into: Region, before: Float32Array, after: Float64Array) {
  for (let i = 0; i < before.length; i++) {
    const at = i - into.offset;
    const inside =
      at >= 0 && Math.floor(at / into.stride) < into.rows && at % into.stride < into.cols;
    if (!inside && !Object.is(after[i], before[i])) {
      expect.fail(
        `element ${i} of ${into.buffer}, outside the region, went from ${before[i]} to ${after[i]}`,
      );
    }
  }
}

function within(found: number, exact: number, bound: number, what: string) {
  if (Number.isNaN(exact) ? !Number.isNaN(found) : !(Math.abs(found - exact) <= bound)) {
    if (found !== exact) expect.fail(`${what}: ${found}, reference ${exact}, bound ${bound}`);
  }
}

const elements = ({ offset, rows, cols, stride }: Region) =>
  Array.from(
    { length: rows * cols },
    (_, i) => offset + Math.floor(i / cols) * stride + (i % cols),
  );

describe.each(subjects)("%s", (name, subject) => {
  const machine = subject.machine as Machine;
  if (!machine) {
    test.skip("there is no GPU to test on", () => {});
    return;
  }
  // Only sums into the trace know of subgroups.
  const anew = name !== "webgpu without subgroups";

  if (anew)
    describe("matrices", () => {
      describe("product", () => {
        const shapes = [
          [1, 1, 1],
          [1, 10, 3],
          [3, 1, 127],
          [10, 10, 10],
          [5, 8, 256],
          [6, 8, 257],
          [127, 129, 3],
          [128, 10, 129],
          [129, 127, 300],
          [100, 50, 2],
          [31, 520, 33],
          [4, 7, 784],
          [211, 9, 530],
        ];
        const cases = [
          [1, 0, undefined],
          [-0.375, 1, undefined],
          [0.1, 0.995, "relu"],
          [1, 0, "tanh"],
        ] as const;
        for (const [s, [m, n, k]] of shapes.entries()) {
          test.each([
            [0, false, false],
            [1, false, true],
            [2, true, false],
            [3, true, true],
          ])(`${m} x ${n} x ${k}, transposition %i`, async (t, transposeA, transposeB) => {
            const a = transposeA ? region("a", k, m) : region("a", m, k);
            const b = transposeB ? region("b", n, k) : region("b", k, n);
            const c = region("c", m, n);
            // Small shapes take every case, larger ones each another.
            const some = m * n * k < 1e5 ? cases : [cases[(s + t) % 4]];
            for (const [alpha, beta, epilogue] of some) {
              const contents: Contents = {
                a: normals(lengthOf(a)),
                b: normals(lengthOf(b)),
                c: normals(lengthOf(c)),
              };
              // With beta 0 the old values are not read: garbage there does no harm.
              if (beta === 0) for (const i of elements(c)) contents.c[i] = Number.NaN;
              const op: Op = {
                op: "product",
                a,
                transposeA,
                b,
                transposeB,
                c,
                alpha,
                beta,
                ...(epilogue && { epilogue }),
              };
              const found = await run(machine, [op], contents, 0);
              const exact = await run(referenceMachine(), [op], contents, 0);
              const sizes: Contents = {
                a: (contents.a as Float32Array).map(Math.abs),
                b: (contents.b as Float32Array).map(Math.abs),
                c: (contents.c as Float32Array).map(Math.abs),
              };
              const magnitude = await run(
                referenceMachine(),
                [{ ...op, alpha: Math.abs(alpha), beta: Math.abs(beta), epilogue: undefined }],
                sizes,
                0,
              );
              // k sums and products; alpha, beta and their products round too; tanh adds its own error.
              const own = epilogue === "tanh" ? subject.tanh * U : 0;
              for (const i of elements(c)) {
                within(
                  found.after.c[i],
                  exact.after.c[i],
                  gamma(k + 8) * magnitude.after.c[i] + own,
                  `c[${i}]`,
                );
              }
              untouchedOutside(c, contents.c as Float32Array, found.after.c);
            }
          });
        }

        test("NaN and Infinity come through", async () => {
          const a = region("a", 7, 9);
          const b = region("b", 9, 11);
          const c = region("c", 7, 11);
          const contents = {
            a: normals(lengthOf(a)),
            b: normals(lengthOf(b)),
            c: normals(lengthOf(c)),
          };
          contents.a[a.offset + 2 * a.stride + 4] = Number.NaN;
          contents.a[a.offset + 3 * a.stride + 4] = Number.POSITIVE_INFINITY;
          for (const epilogue of ["relu", "tanh", undefined] as const) {
            const op: Op = {
              op: "product",
              a,
              transposeA: false,
              b,
              transposeB: false,
              c,
              alpha: 1,
              beta: 0,
              epilogue,
            };
            const { after } = await run(machine, [op], contents, 0);
            const exact = await run(referenceMachine(), [op], contents, 0);
            for (let j = 0; j < 11; j++) {
              expect(after.c[c.offset + 2 * c.stride + j]).toBeNaN();
              expect(after.c[c.offset + 3 * c.stride + j]).toBe(
                exact.after.c[c.offset + 3 * c.stride + j],
              );
            }
          }
        });
      });

      describe("gather", () => {
        test.each([1, 3, 7, 8, 10, 127, 784])("%d columns", async (cols) => {
          const rows = 13;
          const into = region("into", rows, cols);
          const index = Uint32Array.from({ length: 3 * rows }, (_, i) => (i * 37) % 50);
          const bytes = Uint8Array.from({ length: 50 * cols }, (_, i) => (i * 89) % 256);
          const floats = normals(50 * cols);
          for (const source of [bytes, floats]) {
            const contents = { source, index, into: normals(lengthOf(into)) };
            const op: Op = {
              op: "gather",
              source: "source",
              index: "index",
              into,
              scale: 1 / 255,
              shift: -0.3,
            };
            const found = await run(machine, [op], contents, 0, 2);
            const exact = await run(referenceMachine(), [op], contents, 0, 2);
            for (const i of elements(into)) {
              const bound = gamma(4) * (Math.abs(exact.after.into[i] + 0.3) + 0.3);
              within(found.after.into[i], exact.after.into[i], bound, `into[${i}]`);
            }
            untouchedOutside(into, contents.into, found.after.into);
          }
        });
      });

      const grid = Float32Array.from({ length: 4003 }, (_, i) => (i - 2001) / 100);
      const extremes = [0, -0, 1e-30, -1e-30, 1e-3, 50, -50, 1e4, -1e4, 1e30, -1e30, Number.NaN];
      const values = Float32Array.from([...grid, ...extremes]);
      const flat: Region = {
        buffer: "x",
        offset: 0,
        rows: 1,
        cols: values.length,
        stride: values.length,
      };

      // Largest errors: relu and linear none; tanh 3 units in the last place of 1; gelu relative to max(1, |x|) as
      // Phi carries the error of exp(-x^2/2), whose argument's rounding is x^2/2 u.
      const activationBound: Record<Activation, (x: number) => number> = {
        relu: () => 0,
        linear: () => 0,
        tanh: () => subject.tanh * U,
        gelu: (x) => Math.abs(x) * (subject.phi * U + normalDensity(x) * x * x * 4 * U) + TINY,
      };

      test.each(["relu", "tanh", "gelu", "linear"] as const)("activate %s", async (activation) => {
        const op: Op = { op: "activate", activation, from: flat, into: { ...flat, buffer: "y" } };
        const contents = { x: values, y: new Float32Array(values.length) };
        const found = await run(machine, [op], contents, 0);
        const exact = await run(referenceMachine(), [op], contents, 0);
        values.forEach((x, i) => {
          within(
            found.after.y[i],
            exact.after.y[i],
            activationBound[activation](x),
            `${activation}(${x})`,
          );
        });
      });

      test.each(["relu", "tanh", "gelu", "linear"] as const)(
        "gradient of %s",
        async (activation) => {
          for (const cols of [1, 3, 10, 127, 129]) {
            const at = region("at", 31, cols, cols);
            const into = region("into", 31, cols);
            const contents = {
              at: normals(lengthOf(at), activation === "tanh" ? 0.3 : 2),
              into: normals(lengthOf(into)),
            };
            const op: Op = { op: "activationGradient", activation, at, into };
            const found = await run(machine, [op], contents, 0);
            const exact = await run(referenceMachine(), [op], contents, 0);
            const sources = elements(at);
            for (const [k, i] of elements(into).entries()) {
              const x = contents.at[sources[k]];
              const slopeBound =
                activation === "gelu" ? (16 + 8 * x * x) * U : activation === "tanh" ? 3 * U : 0;
              const bound =
                Math.abs(contents.into[i]) * slopeBound + U * Math.abs(exact.after.into[i]);
              within(found.after.into[i], exact.after.into[i], bound, `${activation}'(${x})`);
            }
            untouchedOutside(into, contents.into, found.after.into);
          }
        },
      );

      test.each(["relu", "tanh", "gelu", "linear"] as const)(
        "curvature of %s",
        async (activation) => {
          for (const cols of [1, 3, 10, 127, 129]) {
            const at = region("at", 31, cols, cols);
            const into = region("into", 31, cols);
            const contents = {
              at: normals(lengthOf(at), activation === "tanh" ? 0.3 : 2),
              tangent: normals(lengthOf(at)),
              gradient: normals(lengthOf(at)),
              into: normals(lengthOf(into)),
            };
            const op: Op = {
              op: "activationCurvature",
              activation,
              at,
              tangent: { ...at, buffer: "tangent" },
              gradient: { ...at, buffer: "gradient" },
              into,
            };
            const found = await run(machine, [op], contents, 0);
            const exact = await run(referenceMachine(), [op], contents, 0);
            const sources = elements(at);
            for (const [k, i] of elements(into).entries()) {
              const s = sources[k];
              const x = contents.at[s];
              const both = Math.abs(contents.tangent[s] * contents.gradient[s]);
              // tanh: 1 - a^2 rounds by 2 u, the other factors by one each. gelu: the two terms of (2 - x^2) phi round apart, and
              // phi carries x^2 u of its argument besides its own 8 u.
              const bendBound =
                activation === "gelu"
                  ? (2 + x * x) * normalDensity(x) * (12 + 4 * x * x) * U
                  : activation === "tanh"
                    ? 8 * U
                    : 0;
              const bound =
                both * bendBound +
                4 * U * (Math.abs(exact.after.into[i]) + Math.abs(contents.into[i]));
              within(found.after.into[i], exact.after.into[i], bound, `${activation}''(${x})`);
            }
            untouchedOutside(into, contents.into, found.after.into);
          }
          const huge = Float32Array.of(1e20, -1e20, 1e30, 0);
          const flat: Region = { buffer: "at", offset: 0, rows: 1, cols: 4, stride: 4 };
          const op: Op = {
            op: "activationCurvature",
            activation,
            at: flat,
            tangent: { ...flat, buffer: "one" },
            gradient: { ...flat, buffer: "one" },
            into: { ...flat, buffer: "into" },
          };
          if (activation === "tanh") return;
          const ones = new Float32Array(4).fill(1);
          const { after } = await run(machine, [op], { at: huge, one: ones, into: ones }, 0);
          expect([...after.into.slice(0, 3)]).toEqual([1, 1, 1]);
        },
      );

      test.each([
        [1, 1],
        [3, 10],
        [10, 3],
        [127, 10],
        [5, 127],
      ])("tangent of softmax, %d x %d", async (rows, cols) => {
        for (const scale of [1, 30, 1e4]) {
          const logits = region("logits", rows, cols, cols);
          const into = region("into", rows, cols);
          const contents = {
            logits: normals(lengthOf(logits), scale),
            into: normals(lengthOf(into)),
          };
          const op: Op = { op: "softmaxTangent", logits, into };
          const found = await run(machine, [op], contents, 0);
          const exact = await run(referenceMachine(), [op], contents, 0);
          // As for the loss: p is known to (2 max|z| + 8) u, relatively; it stands in the mean too.
          const relative = (2 * Math.max(...contents.logits.map(Math.abs)) + 8) * U;
          const largest = Math.max(...contents.into.map(Math.abs));
          for (const i of elements(into)) {
            within(found.after.into[i], exact.after.into[i], 4 * relative * largest, `into[${i}]`);
          }
          untouchedOutside(into, contents.into, found.after.into);
        }
      });
    });

  describe("losses", () => {
    test.each([
      [1, 1],
      [3, 10],
      [10, 3],
      [127, 10],
      [5, 127],
      [2, 784],
    ])("cross-entropy of %d x %d", async (rows, cols) => {
      for (const scale of [1, 30, 1e4]) {
        const logits = region("logits", rows, cols);
        const labels: Region = { buffer: "labels", offset: 0, rows, cols: 1, stride: 1 };
        const gradient = region("gradient", rows, cols);
        const contents = {
          logits: normals(lengthOf(logits), scale),
          labels: Float32Array.from({ length: rows }, (_, r) => (r * 7) % cols),
          gradient: normals(lengthOf(gradient)),
        };
        const op: Op = { op: "crossEntropy", logits, labels, gradient, slot: 1, scale: 0.25 };
        const found = await run(machine, [op], contents, 2);
        const exact = await run(referenceMachine(), [op], contents, 2);
        // z - max rounds by u (|z| + |max|) in the exponent, exp by some u, the sum by `sum`.
        const largest = Math.max(...contents.logits.map(Math.abs));
        const relative = (2 * largest + 8) * U;
        const sum = subject.sum(rows) * exact.trace[1];
        within(found.trace[1], exact.trace[1], 0.25 * rows * relative + sum, "loss");
        for (const i of elements(gradient)) {
          within(found.after.gradient[i], exact.after.gradient[i], 2 * relative, `gradient[${i}]`);
        }
        untouchedOutside(gradient, contents.gradient, found.after.gradient);
        const inPlace = await run(machine, [{ ...op, gradient: logits }], contents, 2);
        const apart = elements(gradient).map((i) => found.after.gradient[i]);
        expect(elements(logits).map((i) => inPlace.after.logits[i])).toEqual(apart);
        const without = await run(machine, [{ ...op, gradient: undefined }], contents, 2);
        expect(without.trace[1]).toBe(found.trace[1]);
        untouchedOutside({ ...gradient, rows: 0 }, contents.gradient, without.after.gradient);
      }
    });

    test.each([
      [1, 1],
      [10, 3],
      [129, 10],
    ])("squared error of %d x %d", async (rows, cols) => {
      const outputs = region("outputs", rows, cols);
      const targets = region("targets", rows, cols, cols);
      const contents = {
        outputs: normals(lengthOf(outputs)),
        targets: normals(lengthOf(targets)),
        gradient: normals(lengthOf(outputs)),
      };
      const gradient = { ...outputs, buffer: "gradient" };
      for (const into of [gradient, undefined]) {
        const op: Op = {
          op: "squaredError",
          outputs,
          targets,
          gradient: into,
          slot: 0,
          scale: 1 / rows,
        };
        const found = await run(machine, [op], contents, 1);
        const exact = await run(referenceMachine(), [op], contents, 1);
        // Each difference rounds once, its square twice as much; the sum by `sum`.
        const relative = 4 * U + subject.sum(rows * cols);
        within(found.trace[0], exact.trace[0], relative * exact.trace[0], "loss");
        for (const i of elements(outputs)) {
          within(
            found.after.gradient[i],
            exact.after.gradient[i],
            2 * U * Math.abs(exact.after.gradient[i]),
            "gradient",
          );
        }
      }
    });

    test("a NaN or infinite output makes the loss not finite", async () => {
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
        const logits: Region = { buffer: "logits", offset: 0, rows: 2, cols: 10, stride: 10 };
        const labels: Region = { buffer: "labels", offset: 0, rows: 2, cols: 1, stride: 1 };
        const contents = { logits: normals(20), labels: new Float32Array(2) };
        contents.logits[13] = bad;
        const { trace } = await run(
          machine,
          [{ op: "crossEntropy", logits, labels, slot: 0, scale: 1 }],
          contents,
          1,
        );
        expect(Number.isFinite(trace[0])).toBe(false);
        const squared: Op = {
          op: "squaredError",
          outputs: logits,
          targets: { ...logits, buffer: "t" },
          slot: 0,
          scale: 1,
        };
        const mse = await run(machine, [squared], { logits: contents.logits, t: normals(20) }, 1);
        expect(Number.isFinite(mse.trace[0])).toBe(false);
      }
    });
  });

  test("counting takes the first of equal logits", async () => {
    const logits: Region = { buffer: "logits", offset: 0, rows: 4, cols: 3, stride: 3 };
    const labels: Region = { buffer: "labels", offset: 0, rows: 4, cols: 1, stride: 1 };
    const contents = {
      logits: Float32Array.of(1, 1, 0, 0, 2, 2, -1, -2, -1, 5, 6, 7),
      labels: Float32Array.of(0, 1, 2, 2),
    };
    const op: Op = { op: "countCorrect", logits, labels, slot: 0 };
    expect((await run(machine, [op], contents, 1)).trace[0]).toBe(3);
    expect((await run(referenceMachine(), [op], contents, 1)).trace[0]).toBe(3);
  });

  test.each([
    [1, 1],
    [3, 10],
    [127, 129],
  ])("dot product, sum of squares and scaled sum of %d x %d", async (rows, cols) => {
    const from = region("from", rows, cols);
    const into = region("into", rows, cols, cols + 1);
    const contents = { from: normals(lengthOf(from)), into: normals(lengthOf(into)) };
    const ops: Op[] = [
      { op: "dot", a: from, b: from, slot: 0, scale: 0.5 },
      { op: "dot", a: from, b: into, slot: 1, scale: -2 },
      { op: "addScaled", from, into, factor: -0.3 },
    ];
    const found = await run(machine, ops, contents, 2);
    const exact = await run(referenceMachine(), ops, contents, 2);
    within(
      found.trace[0],
      exact.trace[0],
      subject.sum(rows * cols) * exact.trace[0],
      "sum of squares",
    );
    const sources = elements(from);
    const products = elements(into).map((i, k) => contents.into[i] * contents.from[sources[k]]);
    const size = 2 * products.reduce((sum, x) => sum + Math.abs(x), 0);
    within(found.trace[1], exact.trace[1], subject.sum(rows * cols) * size, "dot product");
    const sum = -2 * products.reduce((a, b) => a + b, 0);
    within(exact.trace[1], sum, 1e-14 * size, "the reference's dot product");
    for (const [k, i] of elements(into).entries()) {
      const size = Math.abs(contents.into[i]) + 0.3 * Math.abs(contents.from[sources[k]]);
      within(found.after.into[i], exact.after.into[i], gamma(3) * size, `into[${i}]`);
    }
    untouchedOutside(into, contents.into, found.after.into);
  });
});

test("the reference's normal distribution is right to float64", () => {
  // Phi(x) from tables of 16 digits.
  expect(normalCdf(0)).toBe(0.5);
  expect(normalCdf(1)).toBeCloseTo(0.8413447460685429, 14);
  expect(normalCdf(-1)).toBeCloseTo(0.15865525393145705, 15);
  expect(normalCdf(-5) / 2.866515718791939e-7 - 1).toBeCloseTo(0, 12);
  expect(normalCdf(-10) / 7.61985302416052e-24 - 1).toBeCloseTo(0, 12);
  for (const x of [-6, -3.5, -1, 0.2, 3]) {
    const h = 1e-5;
    const slope = (normalCdf(x + h) - normalCdf(x - h)) / (2 * h);
    expect(Math.abs(slope - normalDensity(x))).toBeLessThan(1e-9);
  }
});
