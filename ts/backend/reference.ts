import { type Program, replicasOf, storedLength } from "../program/ops.js";
import { Bounds } from "./bounds.js";
import type { Machine, Session, Values } from "./machine.js";
import { eachElement, execute, type Memory } from "./referenceOperations.js";

/** The executable specification: every operation is a plain float64 loop. All other machines are compared with it. */
export function referenceMachine(): Machine {
  return {
    name: "reference",
    flavour: "float64",
    open: async (program) => new ReferenceSession(program),
  };
}

class ReferenceSession implements Session {
  readonly #program: Program;
  readonly #bounds: Bounds;
  #memory: Memory = {};
  /** For each replica, views of its part of every buffer. */
  #replicas: Memory[] = [];

  constructor(program: Program) {
    this.#program = program;
    this.#bounds = new Bounds(program);
    const replicas = replicasOf(program);
    for (const [name, spec] of Object.entries(program.buffers)) {
      const length = storedLength(spec, replicas);
      this.#memory[name] =
        spec.type === "float"
          ? new Float64Array(length)
          : spec.type === "byte"
            ? new Uint8Array(length)
            : new Uint32Array(length);
    }
    this.#replicas = Array.from({ length: replicas }, (_, r) => this.#replica(r));
    for (const { region, value } of program.fills) {
      for (const memory of this.#replicas) {
        eachElement(region, (i) => {
          memory[region.buffer][i] = value;
        });
      }
    }
  }

  write(buffer: string, values: Values, offset = 0): void {
    this.#bounds.checkWrite(buffer, values);
    this.#memory[buffer].set(values, offset);
  }

  async read(buffer: string): Promise<Float64Array> {
    return Float64Array.from(this.#memory[buffer]);
  }

  async run(list: string, first: number, count: number): Promise<Float64Array> {
    this.#bounds.checkRun(list, first, count);
    const { ops, slots } = this.#program.lists[list];
    const replicas = this.#replicas.length;
    const trace = new Float64Array(count * replicas * slots);
    for (let k = 0; k < count; k++) {
      for (let r = 0; r < replicas; r++) {
        const row = trace.subarray((k * replicas + r) * slots, (k * replicas + r + 1) * slots);
        for (const op of ops) execute(op, this.#replicas[r], first + k, row, r);
      }
    }
    return trace;
  }

  dispose(): void {
    this.#memory = {};
    this.#replicas = [];
  }

  #replica(r: number): Memory {
    const views = Object.entries(this.#program.buffers).map(([name, { length, shared }]) => {
      const all = this.#memory[name];
      return [name, shared ? all : all.subarray(r * length, (r + 1) * length)];
    });
    return Object.fromEntries(views);
  }
}
