/** A float32 matrix in a buffer: element (r, c) of a replica is at `offset + replica * apart + r * stride + c`. */
export interface Matrix {
  readonly buffer: string;
  readonly offset: number;
  readonly rows: number;
  readonly cols: number;
  readonly stride: number;
  /** Elements from one replica's matrix to the next one's; 0 where all share one. */
  readonly apart: number;
}

/** What the adapter at hand can do, as far as kernels care. */
export interface Abilities {
  readonly subgroups: boolean;
  readonly workgroupBytes: number;
}

/** One dispatch: its shader, what it binds behind its parameters (binding 0), and its grid of workgroups. */
export interface Dispatch {
  readonly code: string;
  readonly bindings: readonly { readonly buffer: string; readonly writes: boolean }[];
  readonly parameters: Uint32Array<ArrayBuffer>;
  readonly grid: readonly [number, number, number];
}

/** Buffers that a session keeps for the kernels' own use. */
export const COUNTER = "#counter";
export const TRACE = "#trace";
export const SCRATCH = "#scratch";

/** Threads of a workgroup, unless a kernel says otherwise. */
export const THREADS = 256;
/** Workgroups along one dimension that every adapter takes. */
const MOST_GROUPS = 65535;

type Scalar = "u32" | "f32";

interface Body {
  /** Module-scope declarations. */
  readonly declarations?: string;
  /** The entry point's statements; `group`, `lane` and `replica` are given. */
  readonly main: string;
  readonly grid: readonly [number, number, number];
  readonly threads?: number;
  /** How to tell the replica; the grid's z unless given. */
  readonly replica?: string;
  /** Brings `part` and `parts`: the thread's subgroup, and their number. */
  readonly subgroups?: boolean;
}

/** A kernel while it is being written: hands out the names of its buffers and parameters. */
export class Kernel {
  readonly #bindings: { buffer: string; type: string; writes: boolean }[] = [];
  readonly #scalars: { type: Scalar; value: number }[] = [];
  #list: readonly number[] = [];

  /** The variable that holds a buffer; one that is named twice is bound once. */
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

  /** A list of float32, of which the expression gives the element at `index`; a kernel has one at most. */
  list(values: readonly number[], index: string): string {
    this.#list = values;
    return `p.list[${index} / 4][${index} % 4]`;
  }

  /** The element (r, c) of a replica's matrix, as an expression of these two. */
  matrix(m: Matrix, writes: boolean): (r: string, c: string) => string {
    const name = this.storage(m.buffer, writes);
    const index = this.index(m);
    return (r, c) => `${name}[${index(r, c)}]`;
  }

  index(m: Matrix): (r: string, c: string) => string {
    const offset = this.u32(m.offset);
    const stride = this.u32(m.stride);
    const own = m.apart === 0 ? "" : ` + replica * ${this.u32(m.apart)}`;
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

  /** The struct P: scalars, then the list from the next multiple of 16 bytes on. */
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

/** Does `statements` for each element (r, c) of `rows x cols`, one thread an element as far as the grid reaches. */
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

/** Workgroups that have a thread for each element, as far as every adapter takes so many. */
export function elementGroups(size: { readonly rows: number; readonly cols: number }): number {
  return Math.min(Math.ceil((size.rows * size.cols) / THREADS), MOST_GROUPS);
}

/** A loop over the elements (r, c) that are this thread's. */
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
