import type { Machine } from "../../../ts/backend/machine.js";

interface Stretch {
  readonly from: number;
  readonly machine: Pick<Machine, "name" | "flavour">;
}

/** Which machine made which updates of a run. */
export class MadeBy {
  #stretches: Stretch[] = [];

  /** The machine makes the updates from `step` on; those from there on that were made before do not count any more. */
  from(step: number, machine: Stretch["machine"]): void {
    const before = this.#stretches.filter(({ from }) => from < step);
    const last = before.at(-1)?.machine;
    const same = last?.name === machine.name && last.flavour === machine.flavour;
    this.#stretches = same ? before : [...before, { from: step, machine }];
  }

  /** Whether more than one machine has made the run. */
  get isMixed(): boolean {
    return this.#stretches.length > 1;
  }

  /** Whether this machine made the last updates. */
  isLast({ name, flavour }: Stretch["machine"]): boolean {
    const last = this.#stretches.at(-1)?.machine;
    return last?.name === name && last.flavour === flavour;
  }

  /** The step at which the last machine took over. */
  get since(): number {
    return this.#stretches.at(-1)?.from ?? 0;
  }

  get words(): string {
    const name = ({ machine }: Stretch) => `${machine.name} (${machine.flavour})`;
    return this.#stretches
      .map((stretch, i) => {
        const next = this.#stretches[i + 1];
        return next ? `${name(stretch)} up to step ${next.from}` : name(stretch);
      })
      .join(", then ");
  }
}
