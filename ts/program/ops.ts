/**
 * The operations of programs: everything that a machine can do. They know nothing about noise, layers or networks,
 * which only lowering (`lower.ts`) knows.
 *
 * Matrices are row-major regions of named buffers. `float` buffers have the machine's own precision (float32 on `wasm`
 * and `webgpu`, float64 on `reference`). `byte` and `index` buffers are uint8 and uint32 everywhere.
 */

export type BufferType = "float" | "byte" | "index";

export interface BufferSpec {
  readonly type: BufferType;
  /** Number of elements; for one replica unless the buffer is shared. */
  readonly length: number;
  /** Whether one copy serves all replicas, which only read it. */
  readonly shared?: boolean;
}

/** A `rows x cols` matrix whose element (i, j) is `buffer[offset + i * stride + j]`. */
export interface Region {
  readonly buffer: string;
  readonly offset: number;
  readonly rows: number;
  readonly cols: number;
  readonly stride: number;
}

/** Activation of a hidden layer; `gelu` is the exact one. */
export type Activation = "relu" | "tanh" | "gelu" | "linear";

/** Activations that a product can apply to its result while storing it. */
export type Epilogue = "relu" | "tanh";

/**
 * `into[r, :] = scale * source[index[step * rows + r], :] + shift`, for each of the `into.rows` rows. `source` is a
 * float or byte buffer with rows of `into.cols` elements. `scale` may be a list with one number per replica.
 */
export interface Gather {
  readonly op: "gather";
  readonly source: string;
  readonly index: string;
  readonly into: Region;
  readonly scale: number | readonly number[];
  readonly shift: number;
}

/** `c = epilogue(alpha * op(a) op(b) + beta * c)`. If `beta` is 0, the old `c` is not read. */
export interface Product {
  readonly op: "product";
  readonly a: Region;
  readonly transposeA: boolean;
  readonly b: Region;
  readonly transposeB: boolean;
  readonly c: Region;
  readonly alpha: number;
  readonly beta: number;
  readonly epilogue?: Epilogue;
}

/** `into = f(from)`; `from` and `into` may be the same region. */
export interface Activate {
  readonly op: "activate";
  readonly activation: Activation;
  readonly from: Region;
  readonly into: Region;
}

/**
 * `into *= f'`, where `at` holds the output of f for relu and tanh, and its input for gelu. The derivative of relu at 0
 * is 0.
 */
export interface ActivationGradient {
  readonly op: "activationGradient";
  readonly activation: Activation;
  readonly at: Region;
  readonly into: Region;
}

/**
 * `into += f'' * tangent * gradient`, where `at` holds the output of f for relu and tanh, and its input for gelu. This
 * is the effect of a tangent of f's input on a gradient that is propagated back through f. The second derivative of
 * relu is 0.
 */
export interface ActivationCurvature {
  readonly op: "activationCurvature";
  readonly activation: Activation;
  readonly at: Region;
  readonly tangent: Region;
  readonly gradient: Region;
  readonly into: Region;
}

/**
 * `into[r] = p * (into[r] - p.into[r])` with `p = softmax(logits[r])`. It turns tangents of the logits into tangents of
 * the cross-entropy's gradient.
 */
export interface SoftmaxTangent {
  readonly op: "softmaxTangent";
  readonly logits: Region;
  readonly into: Region;
}

/**
 * Softmax cross-entropy: `trace[slot] = scale * sum_r -log softmax(logits[r])[label_r]`. `labels` is a `rows x 1`
 * region of class indices, stored as floats. `gradient`, if given (it may be `logits` itself), is set to
 * `softmax(logits) - onehot(label)`, unscaled.
 */
export interface CrossEntropy {
  readonly op: "crossEntropy";
  readonly logits: Region;
  readonly labels: Region;
  readonly gradient?: Region;
  readonly slot: number;
  readonly scale: number;
}

/** `trace[slot] = scale * 1/2 sum (outputs - targets)^2`. `gradient`, if given, is set to `outputs - targets`. */
export interface SquaredError {
  readonly op: "squaredError";
  readonly outputs: Region;
  readonly targets: Region;
  readonly gradient?: Region;
  readonly slot: number;
  readonly scale: number;
}

/** `trace[slot]` = number of rows whose largest logit (the first one if several are equal) is at the label. */
export interface CountCorrect {
  readonly op: "countCorrect";
  readonly logits: Region;
  readonly labels: Region;
  readonly slot: number;
}

/** `trace[slot] = scale * sum of a_ij b_ij`. `a` and `b` may be the same region, for a sum of squares. */
export interface Dot {
  readonly op: "dot";
  readonly a: Region;
  readonly b: Region;
  readonly slot: number;
  readonly scale: number;
}

/** `into += factor * from`. */
export interface AddScaled {
  readonly op: "addScaled";
  readonly from: Region;
  readonly into: Region;
  readonly factor: number;
}

/** `into *= by`, element by element. */
export interface Multiply {
  readonly op: "multiply";
  readonly by: Region;
  readonly into: Region;
}

export type Op =
  | Gather
  | Product
  | Activate
  | ActivationGradient
  | ActivationCurvature
  | SoftmaxTangent
  | CrossEntropy
  | SquaredError
  | CountCorrect
  | Dot
  | AddScaled
  | Multiply;

/** A sequence of operations that is run several times in a row. */
export interface OpList {
  readonly ops: readonly Op[];
  /** Numbers that one pass writes to the trace, in slots 0 to slots - 1. */
  readonly slots: number;
}

export interface Program {
  /**
   * Number of copies of everything but the shared buffers; default 1. Every operation does the same in each replica,
   * and replicas do not interact. One pass advances all of them by one step.
   */
  readonly replicas?: number;
  readonly buffers: Readonly<Record<string, BufferSpec>>;
  /** Constant parts of buffers, set once before the first pass. All other elements start at zero. */
  readonly fills: readonly { readonly region: Region; readonly value: number }[];
  readonly lists: Readonly<Record<string, OpList>>;
}

export function replicasOf(program: Program): number {
  return program.replicas ?? 1;
}

/** Number of elements of a buffer on a machine, over all replicas, which follow one another. */
export function storedLength({ length, shared }: BufferSpec, replicas: number): number {
  return shared ? length : length * replicas;
}

/** The scale of a gather in one replica. */
export function scaleOf({ scale }: Gather, replica: number): number {
  return typeof scale === "number" ? scale : scale[replica];
}
