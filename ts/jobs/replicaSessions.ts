import type { Machine, Session, Values } from "../backend/machine.js";
import { type Program, replicasOf } from "../program/ops.js";

interface Asked {
  readonly list: string;
  readonly first: number;
  readonly count: number;
  readonly take: (trace: Float64Array) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Makes one session's replicas look like sessions of their own, whose runs go in step: a pass over a list is made once
 * all of those still there ask for it, and takes all of them along.
 */
export class Convoy {
  readonly #session: Session;
  readonly #program: Program;
  readonly #members: Set<number>;
  readonly #asked = new Map<number, Asked>();
  /** Reads since the last run: of a buffer all replicas are read at once. */
  readonly #reads = new Map<string, Promise<Float64Array>>();
  /** Writes to buffers that all share, of each since the last run. */
  readonly #writes = new Map<number, number>();

  constructor(session: Session, program: Program) {
    this.#session = session;
    this.#program = program;
    this.#members = new Set(Array.from({ length: replicasOf(program) }, (_, r) => r));
  }

  /** A machine that can be opened for the program of one replica alone. */
  member(replica: number, { name, flavour }: Machine): Machine {
    const session: Session = {
      write: (buffer, values, offset) => this.#write(replica, buffer, values, offset),
      read: (buffer) => this.#read(replica, buffer),
      run: (list, first, count) =>
        new Promise((take, fail) => {
          this.#asked.set(replica, { list, first, count, take, fail });
          this.#go();
        }),
      dispose: () => this.leave(replica),
    };
    return { name, flavour, open: async () => session };
  }

  /** The others go on without it. */
  leave(replica: number): void {
    this.#members.delete(replica);
    this.#go();
  }

  #write(replica: number, buffer: string, values: Values, offset = 0): void {
    this.#reads.delete(buffer);
    const { shared, length } = this.#program.buffers[buffer];
    if (!shared) {
      this.#session.write(buffer, values, replica * length + offset);
      return;
    }
    // All write the same there, in the same order. Whoever comes first does it for all: others may leave before.
    const most = Math.max(0, ...this.#writes.values());
    const own = (this.#writes.get(replica) ?? 0) + 1;
    this.#writes.set(replica, own);
    if (own > most) this.#session.write(buffer, values, offset);
  }

  async #read(replica: number, buffer: string): Promise<Float64Array> {
    const reading = this.#reads.get(buffer) ?? this.#session.read(buffer);
    this.#reads.set(buffer, reading);
    const all = await reading;
    const { shared, length } = this.#program.buffers[buffer];
    return shared ? all.slice() : all.slice(replica * length, (replica + 1) * length);
  }

  #go(): void {
    if (this.#members.size === 0 || this.#asked.size < this.#members.size) return;
    const asked = [...this.#asked];
    this.#asked.clear();
    this.#reads.clear();
    this.#writes.clear();
    const [, { list, first }] = asked[0];
    const together = asked.every(([, one]) => one.list === list && one.first === first);
    // Each asks for what takes it a certain time: the most modest decides.
    const count = Math.min(...asked.map(([, one]) => one.count));
    const run = together
      ? this.#session.run(list, first, count)
      : Promise.reject(new Error("runs of one ensemble went different ways"));
    const { slots } = this.#program.lists[list];
    const replicas = replicasOf(this.#program);
    run.then(
      (trace) => {
        for (const [replica, { take }] of asked) {
          const own = new Float64Array(count * slots);
          for (let k = 0; k < count; k++) {
            const start = (k * replicas + replica) * slots;
            own.set(trace.subarray(start, start + slots), k * slots);
          }
          take(own);
        }
      },
      (error) => {
        for (const [, { fail }] of asked) fail(error);
      },
    );
  }
}
