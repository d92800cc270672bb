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
 * Makes the replicas of one session look like separate sessions whose runs advance in step: a pass over a list starts when
 * every remaining replica has asked for it, and serves all of them.
 */
export class ReplicaSessions {
  readonly #session: Session;
  readonly #program: Program;
  readonly #members: Set<number>;
  readonly #asked = new Map<number, Asked>();
  /** Reads since the last pass: one read serves all replicas of a buffer. */
  readonly #reads = new Map<string, Promise<Float64Array>>();
  /** Writes of each shared buffer since the last pass. */
  readonly #writes = new Map<number, number>();

  constructor(session: Session, program: Program) {
    this.#session = session;
    this.#program = program;
    this.#members = new Set(Array.from({ length: replicasOf(program) }, (_, r) => r));
  }

  /** A machine that opens the session of one replica. */
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

  /** Removes a replica; the others continue without it. */
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
    // All replicas write the same values there, in the same order. The first to come writes for all: others may have left.
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
    // Each replica asks for as many passes as fit into a piece of time; the smallest number decides.
    const count = Math.min(...asked.map(([, one]) => one.count));
    const run = together
      ? this.#session.run(list, first, count)
      : Promise.reject(new Error("the runs of one ensemble asked for different lists"));
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
