/** A rectangle of a buffer's elements. */
export interface Place {
  readonly buffer: string;
  readonly offset: number;
  readonly rows: number;
  readonly cols: number;
  readonly stride: number;
}

/** A float32 matrix in a buffer: element (r, c) of a replica is at `offset + replica * replicaStride + r * stride + c`. */
export interface Matrix extends Place {
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

/** What a kernel reads or writes, in each replica. */
export interface Access {
  readonly place: Place;
  readonly writes: boolean;
  /** Whether it may also read elsewhere in the buffer. */
  readonly beyond: boolean;
}

export type Grid = readonly [number, number, number];

export interface Binding {
  readonly buffer: string;
  readonly type: string;
  readonly writes: boolean;
}

/**
 * One dispatch: its shader, its parameters (binding 0), the buffers that it binds after them, its grid of workgroups, and
 * what they read and write.
 */
export interface Dispatch {
  readonly code: string;
  readonly bindings: readonly Binding[];
  readonly parameters: Uint32Array<ArrayBuffer>;
  readonly grid: Grid;
  /** Threads per workgroup. */
  readonly threads: number;
  readonly accesses: readonly Access[];
}

/** Buffers that a session has for the kernels' own use: `SCRATCH` for parts of products, `SUMS` for parts of sums. */
export const COUNTER = "#counter";
export const TRACE = "#trace";
export const SCRATCH = "#scratch";
export const SUMS = "#sums";

/** `length` elements of a buffer that follow each other. */
export function rowIn(buffer: string, length: number, offset = 0): Place {
  return { buffer, offset, rows: 1, cols: length, stride: length };
}

/** The counter's two numbers: the step that gathers use, and the row of the trace. */
export const COUNTS = rowIn(COUNTER, 2);

/** Threads per workgroup, unless a kernel says otherwise. */
export const THREADS = 256;
/** Number of workgroups along one dimension that every adapter supports. */
export const MOST_GROUPS = 65535;

type Scalar = "u32" | "f32";

/** An operation, or one pass of it. It makes its body in a kernel that it may share with other parts. */
export type Part = (k: Kernel) => Body;

export interface Body {
  /** Declarations at module scope. */
  readonly declarations?: string;
  /** Statements of the entry point. They can use `group`, `lane` and `replica`. */
  readonly main: string;
  readonly grid: Grid;
  readonly threads?: number;
  /** The same part with another number of threads, if that costs less than a dispatch of its own. */
  readonly withThreads?: (threads: number) => Part | undefined;
  /** Whether it must not share a dispatch. */
  readonly alone?: boolean;
  /** Expression for the replica; default: the grid's z. */
  readonly replica?: string;
  /** Whether to define `part` and `parts`: the index of the thread's subgroup, and the number of subgroups. */
  readonly subgroups?: boolean;
}

/** Builds a kernel: gives names to its buffers and parameters. */
export class Kernel {
  readonly #bindings: { buffer: string; type: string; writes: boolean }[] = [];
  readonly #accesses: Access[] = [];
  readonly #scalars: { type: Scalar; value: number }[] = [];
  readonly #lists: (readonly number[])[] = [];

  get bindings(): readonly Binding[] {
    return this.#bindings;
  }

  get accesses(): readonly Access[] {
    return this.#accesses;
  }

  /**
   * The variable of a place's buffer. A buffer that is requested twice is bound once.
   * @param beyond whether the kernel may also read elsewhere in the buffer.
   */
  storage(place: Place, writes: boolean, type = "f32", beyond = false): string {
    const { buffer } = place;
    let at = this.#bindings.findIndex((b) => b.buffer === buffer && b.type === type);
    if (at < 0) at = this.#bindings.push({ buffer, type, writes: false }) - 1;
    this.#bindings[at].writes ||= writes;
    this.#accesses.push({ place, writes, beyond });
    return `m${at}`;
  }

  u32(value: number): string {
    return this.#scalar("u32", value);
  }

  f32(value: number): string {
    return this.#scalar("f32", value);
  }

  /** A list of float32. Returns the expression for the element at `index`. */
  list(values: readonly number[], index: string): string {
    return `p.list${this.#lists.push(values) - 1}[${index} / 4][${index} % 4]`;
  }

  /** Returns a function that gives the expression for element (r, c) of the current replica's matrix. */
  matrix(m: Matrix, writes: boolean, beyond = false): (r: string, c: string) => string {
    const name = this.storage(m, writes, "f32", beyond);
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
    const fields = [
      ...this.#scalars.map(({ type }, i) => `s${i}: ${type}`),
      ...this.#lists.map((list, i) => `list${i}: array<vec4f, ${Math.ceil(list.length / 4)}>`),
    ];
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
    const [bindings, accesses] = [this.#bindings, this.#accesses];
    return { code, bindings, parameters: this.#parameters(), grid, threads, accesses };
  }

  #scalar(type: Scalar, value: number): string {
    return `p.s${this.#scalars.push({ type, value }) - 1}`;
  }

  /** The struct P: the scalars, then the lists, each from a multiple of 16 bytes on. */
  #parameters(): Uint32Array<ArrayBuffer> {
    const whole = (length: number) => Math.ceil(length / 4) * 4;
    let end = whole(this.#scalars.length);
    const starts = this.#lists.map(({ length }) => {
      end += whole(length);
      return end - whole(length);
    });
    const words = new Uint32Array(Math.max(4, end));
    const reals = new Float32Array(words.buffer);
    this.#scalars.forEach(({ type, value }, i) => {
      if (type === "u32") words[i] = value;
      else reals[i] = value;
    });
    this.#lists.forEach((list, i) => {
      reals.set(list, starts[i]);
    });
    return words;
  }
}

/**
 * Runs `statements` for each element (r, c) of a `rows x cols` matrix. Each thread has one element, or several if that takes
 * more workgroups than every adapter supports.
 */
export function elementwise(
  kernel: Kernel,
  { rows, cols }: { readonly rows: number; readonly cols: number },
  replicas: number,
  statements: string,
  declarations = "",
): Body {
  const groups = Math.min(Math.ceil((rows * cols) / THREADS), MOST_GROUPS);
  const main = eachElement(kernel, rows, cols, groups, statements);
  return { declarations, main, grid: [groups, 1, replicas] };
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
  return `for (var i = group.x * ${THREADS} + lane; i < ${length}; i += ${kernel.u32(groups * THREADS)}) {
let r = i / ${width};
let c = i % ${width};
${statements}
}`;
}
