import type { BufferSpec, Op, Program, Region } from "../../ts/program/ops.js";

/** One operation on buffers of its own, to be run on random numbers. */
export interface OperationCase {
  readonly name: string;
  readonly program: Program;
  readonly op: Op;
  /** Size of the random numbers. */
  readonly scale: number;
}

/** How a matrix lies in its buffer: in the midst of other numbers, or where vectors of four fit. */
type Layout = (buffer: string, rows: number, cols: number) => Region;
const awkward: Layout = (buffer, rows, cols) => ({
  buffer,
  offset: 5,
  rows,
  cols,
  stride: cols + 3,
});
const aligned: Layout = (buffer, rows, cols) => ({
  buffer,
  offset: 0,
  rows,
  cols,
  stride: Math.ceil(cols / 4) * 4,
});

const PRODUCTS = [
  [1, 1, 1],
  [1, 10, 784],
  [3, 10, 127],
  [10, 3, 129],
  [127, 129, 10],
  [129, 1, 3],
  [128, 10, 784],
  [784, 3, 127],
  [10, 127, 129],
  [129, 127, 129],
  [64, 64, 64],
] as const;
const SHAPES = [
  [1, 1],
  [3, 10],
  [10, 3],
  [127, 129],
  [129, 10],
  [2, 784],
] as const;
const ACTIVATIONS = ["relu", "tanh", "gelu", "linear"] as const;

/** Every operation in awkward shapes, for 1 and for 5 replicas. */
export function operationCases(): OperationCase[] {
  return [1, 5].flatMap((replicas) =>
    [awkward, aligned].flatMap((layout) =>
      [...products(layout), ...others(layout)].map(([op, shared, scale]) => ({
        name: `${describe(op)}, ${layout === aligned ? "aligned" : "awkward"}, ${replicas} replicas, numbers of ${scale}`,
        program: programOf(op, replicas, shared),
        op: replicas > 1 && op.op === "gather" ? { ...op, scale: scales(replicas) } : op,
        scale,
      })),
    ),
  );
}

/** An operation, the buffers that all replicas share, and the size of its numbers. */
type Plain = readonly [Op, readonly string[], number];

function products(layout: Layout): Plain[] {
  const settings = [
    { alpha: 1, beta: 0 },
    { alpha: -0.375, beta: 1 },
    { alpha: 0.1, beta: 0.995, epilogue: "relu" },
    { alpha: 1, beta: 0, epilogue: "tanh" },
  ] as const;
  return PRODUCTS.flatMap(([m, n, k], s) =>
    [0, 1, 2, 3].map((sides): Plain => {
      const [transposeA, transposeB] = [sides >= 2, sides % 2 === 1];
      const a = transposeA ? layout("a", k, m) : layout("a", m, k);
      const b = transposeB ? layout("b", n, k) : layout("b", k, n);
      const c = layout("c", m, n);
      const op: Op = {
        op: "product",
        a,
        transposeA,
        b,
        transposeB,
        c,
        ...settings[(s + sides) % 4],
      };
      return [op, [], s % 3 === 2 ? 1e3 : 1];
    }),
  );
}

function others(layout: Layout): Plain[] {
  return SHAPES.flatMap(([rows, cols], s): Plain[] => {
    const at = (buffer: string) => layout(buffer, rows, cols);
    const labels = layout("labels", rows, 1);
    const into = at("into");
    const scale = s % 2 ? 30 : 1;
    return [
      ...ACTIVATIONS.flatMap((activation): Plain[] => [
        [{ op: "activate", activation, from: at("from"), into }, [], scale],
        [{ op: "activationGradient", activation, at: at("at"), into }, [], 1],
        [
          {
            op: "activationCurvature",
            activation,
            at: at("at"),
            tangent: at("tangent"),
            gradient: at("gradient"),
            into,
          },
          [],
          1,
        ],
      ]),
      [{ op: "softmaxTangent", logits: at("logits"), into }, [], scale],
      [
        {
          op: "crossEntropy",
          logits: at("logits"),
          labels,
          gradient: at("gradient"),
          slot: 1,
          scale: 0.25,
        },
        [],
        scale,
      ],
      [
        {
          op: "squaredError",
          outputs: at("outputs"),
          targets: at("targets"),
          gradient: at("gradient"),
          slot: 0,
          scale: 1 / rows,
        },
        [],
        scale,
      ],
      [{ op: "countCorrect", logits: at("logits"), labels, slot: 0 }, [], scale],
      [{ op: "dot", a: at("a"), b: at("b"), slot: 2, scale: -0.5 }, [], scale],
      [{ op: "dot", a: at("a"), b: at("a"), slot: 2, scale: 0.5 }, [], scale],
      [{ op: "dot", a: at("a"), b: at("b"), slot: 1, scale: 1 }, ["b"], scale],
      [{ op: "addScaled", from: at("from"), into, factor: -0.3 }, [], scale],
      [{ op: "multiply", by: at("by"), into }, [], scale],
      [{ op: "multiply", by: at("by"), into }, ["by"], scale],
      ...["bytes", "floats"].map(
        (source): Plain => [
          { op: "gather", source, index: "index", into, scale: 1 / 255, shift: -0.3 },
          [source, "index"],
          1,
        ],
      ),
    ];
  });
}

function scales(replicas: number): number[] {
  return Array.from({ length: replicas }, (_, r) => (r + 1) / 255);
}

function programOf(op: Op, replicas: number, shared: readonly string[]): Program {
  const buffers: Record<string, BufferSpec> = {};
  const regions = Object.values(op).filter(
    (value): value is Region => typeof value === "object" && "buffer" in value,
  );
  for (const { buffer, offset, rows, stride } of regions) {
    const length = offset + rows * stride + 6;
    buffers[buffer] = { type: "float", length, shared: shared.includes(buffer) };
  }
  if (op.op === "gather") {
    const type = op.source === "bytes" ? "byte" : "float";
    buffers[op.source] = { type, length: 20 * op.into.cols, shared: shared.includes(op.source) };
    buffers[op.index] = { type: "index", length: op.into.rows, shared: shared.includes(op.index) };
  }
  return { replicas, buffers, fills: [], lists: {} };
}

function describe(op: Op): string {
  const shape = ({ rows, cols }: Region) => `${rows} x ${cols}`;
  if (op.op === "product") {
    const depth = op.transposeA ? op.a.rows : op.a.cols;
    return `product ${shape(op.c)} x ${depth} ${op.transposeA ? "a'" : "a"} ${op.transposeB ? "b'" : "b"} ${op.epilogue ?? ""}`;
  }
  const activation = "activation" in op ? ` ${op.activation}` : "";
  const [region] = Object.values(op).filter(
    (value): value is Region => typeof value === "object" && "buffer" in value,
  );
  return `${op.op}${activation} ${shape(region)}${op.op === "gather" ? ` of ${op.source}` : ""}`;
}
