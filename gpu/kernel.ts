/** A float32 matrix in a buffer: element (r, c) of a replica is at `offset + replica * replicaStride + r * stride + c`. */
export interface Matrix {
  readonly buffer: string;
  readonly offset: number;
  readonly rows: number;
  readonly cols: number;
  readonly stride: number;
  /** Elements from one replica's matrix to the next one's; 0 if all replicas share one. */
  readonly replicaStride: number;
}

/** The features of the adapter that kernels depend on. */
export interface Abilities {
  readonly subgroups: boolean;
  readonly workgroupBytes: number;
  /** Whether the adapter is a CPU that emulates a GPU. */
  readonly software: boolean;
}

/**
 * One dispatch: its shader, its parameters (binding 0), the buffers that it binds after them, and its grid of
 * workgroups.
 */
export interface Dispatch {
  readonly code: string;
  readonly bindings: readonly { readonly buffer: string; readonly writes: boolean }[];
  readonly parameters: Uint32Array<ArrayBuffer>;
  readonly grid: readonly [number, number, number];
}

/** Buffers that a session has for the kernels' own use. */
export const COUNTER = "#counter";
export const TRACE = "#trace";
export const SCRATCH = "#scratch";

/** Threads per workgroup, unless a kernel says otherwise. */
export const THREADS = 256;
/** Number of workgroups along one dimension that every adapter supports. */
const MOST_GROUPS = 65535;

type Scalar = "u32" | "f32";

interface Body {
  /** Declarations at module scope. */
  readonly declarations?: string;
  /** Statements of the entry point. They can use `group`, `lane` and `replica`. */
  readonly main: string;
  readonly grid: readonly [number, number, number];
  readonly threads?: number;
  /** Expression for the replica; default: the grid's z. */
  readonly replica?: string;
  /** Whether to define `part` and `parts`: the index of the thread's subgroup, and the number of subgroups. */
  readonly subgroups?: boolean;
}

/** Builds a kernel: gives names to its buffers and parameters. */
export class Kernel {
  readonly #bindings: { buffer: string; type: string; writes: boolean }[] = [];
  readonly #scalars: { type: Scalar; value: number }[] = [];
  #list: readonly number[] = [];

  /** The variable of a buffer. A buffer that is requested twice is bound once. */
  storage(buffer: string, writes: boolean, type = "f32"): string {
    let at = this.#bindings.findIndex((b) => b.buffer === buffer && b.type === type);
    if (at < 0) at = this.#bindings.push({ buffer, type, writes: false }) - 1;
    this.#bindings[at].writes ||= writes;
    return `m${at}`;
  }

  u32(value: number): string {
    return this.#scalar("u32", value);
  }

  f32(value: number): string {
    return this.#scalar("f32", value);
  }

  /** A list of float32. Returns the expression for the element at `index`. A kernel can have one list. */
  list(values: readonly number[], index: string): string {
    this.#list = values;
    return `p.list[${index} / 4][${index} % 4]`;
  }

  /** Returns a function that gives the expression for element (r, c) of the current replica's matrix. */
  matrix(m: Matrix, writes: boolean): (r: string, c: string) => string {
    const name = this.storage(m.buffer, writes);
    const index = this.index(m);
    return (r, c) => `${name}[${index(r, c)}]`;
  }

  index(m: Matrix): (r: string, c: string) => string {
    const offset = this.u32(m.offset);
    const stride = this.u32(m.stride);
    const own = m.replicaStride === 0 ? "" : ` + replica * ${this.u32(m.replicaStride)}`;
    return (r, c) => `${offset}${own} + (${r}) * ${stride} + ${c}`;
  }

  dispatch(body: Body): Dispatch {
    const { declarations = "", main, grid, threads = THREADS, subgroups } = body;
    const listSize = Math.ceil(this.#list.length / 4);
    const fields = this.#scalars.map(({ type }, i) => `s${i}: ${type}`);
    if (listSize > 0) fields.push(`list: array<vec4f, ${listSize}>`);
    const storage = this.#bindings.map(({ type, writes }, i) => {
      const access = writes ? "read_write" : "read";
      return `@group(0) @binding(${i + 1}) var<storage, ${access}> m${i}: array<${type}>;`;
    });
    const inputs = [
      "@builtin(workgroup_id) group: vec3u",
      "@builtin(local_invocation_index) lane: u32",
      ...(subgroups
        ? ["@builtin(subgroup_id) part: u32", "@builtin(num_subgroups) parts: u32"]
        : []),
    ];
    const code = [
      subgroups ? "enable subgroups;\nrequires subgroup_id;" : "",
      `struct P { ${fields.join(", ")} }\n@group(0) @binding(0) var<uniform> p: P;`,
      ...storage,
      declarations,
      `@compute @workgroup_size(${threads}) fn main(${inputs.join(", ")}) {`,
      `let replica = ${body.replica ?? "group.z"};`,
      main,
      "}",
    ].join("\n");
    return { code, bindings: this.#bindings, parameters: this.#parameters(), grid };
  }

  #scalar(type: Scalar, value: number): string {
    return `p.s${this.#scalars.push({ type, value }) - 1}`;
  }

  /** The struct P: the scalars, then the list, which starts at the next multiple of 16 bytes. */
  #parameters(): Uint32Array<ArrayBuffer> {
    const start = Math.ceil(this.#scalars.length / 4) * 4;
    const words = new Uint32Array(Math.max(4, start + Math.ceil(this.#list.length / 4) * 4));
    const reals = new Float32Array(words.buffer);
    this.#scalars.forEach(({ type, value }, i) => {
      if (type === "u32") words[i] = value;
      else reals[i] = value;
    });
    reals.set(this.#list, start);
    return words;
  }
}

/**
 * Runs `statements` for each element (r, c) of a `rows x cols` matrix. Each thread has one element, or several if the
 * grid is too small.
 */
export function elementwise(
  kernel: Kernel,
  { rows, cols }: { readonly rows: number; readonly cols: number },
  replicas: number,
  statements: string,
  declarations = "",
): Dispatch {
  const groups = elementGroups({ rows, cols });
  return kernel.dispatch({
    declarations,
    main: eachElement(kernel, rows, cols, groups, statements),
    grid: [groups, 1, replicas],
  });
}

/** Number of workgroups with one thread per element, or as many as every adapter supports. */
export function elementGroups(size: { readonly rows: number; readonly cols: number }): number {
  return Math.min(Math.ceil((size.rows * size.cols) / THREADS), MOST_GROUPS);
}

/** A loop over the elements (r, c) of this thread. */
export function eachElement(
  kernel: Kernel,
  rows: number,
  cols: number,
  groups: number,
  statements: string,
): string {
  const [length, width] = [kernel.u32(rows * cols), kernel.u32(cols)];
  return `for (var i = group.x * ${THREADS} + lane; i < ${length}; i += ${groups * THREADS}) {
let r = i / ${width};
let c = i % ${width};
${statements}
}`;
}
