import type { StepSlots } from "../../program/lower.js";
import type { Plan } from "../../program/workspace.js";

/** The dose at one moment: see `Trajectory`. */
export interface DoseColumns {
  readonly dosePaid: number;
  readonly doseBudget: number;
}

/**
 * The sums that a run's dose consists of (theory, section 5). They take every step, recorded or not, one after the other in
 * float64: so they do not depend on how many steps a machine makes in one call, and go on to the bit from a checkpoint.
 */
export class DoseSums {
  readonly #learningRate: number;
  readonly #slots: StepSlots;
  /** `|W_NI(0)|^2` as the machine sums it, NaN before it has. */
  #start = Number.NaN;
  /** `sum <W_NI, g>` and `sum |g|^2` over the steps made and all groups. */
  #slope = 0;
  #square = 0;

  constructor({ learningRate }: Plan, slots: StepSlots) {
    this.#learningRate = learningRate;
    this.#slots = slots;
  }

  /** Takes the trace's row of one step. */
  add(row: Float64Array): void {
    for (const slot of this.#slots.niwSlopes) this.#slope += row[slot];
    for (const slot of this.#slots.niwGradientSquares) this.#square += row[slot];
  }

  /**
   * The dose before the next step; NaN without noise groups.
   * @param row a row with the norms at this moment, of a step or of `norms`; the first call is that of the start.
   */
  at(row: Float64Array): DoseColumns {
    const { niwSquares } = this.#slots;
    if (niwSquares.length === 0) return { dosePaid: Number.NaN, doseBudget: Number.NaN };
    let now = 0;
    for (const slot of niwSquares) now += row[slot];
    if (Number.isNaN(this.#start)) this.#start = now;
    const eta = this.#learningRate;
    const freed = this.#start - now + eta * eta * this.#square;
    return { dosePaid: this.#slope / 2, doseBudget: freed / (4 * eta) };
  }

  /** The sums, for a checkpoint. */
  get carried(): Float64Array {
    return Float64Array.of(this.#start, this.#slope, this.#square);
  }

  /** Goes on from the sums of a checkpoint. */
  restore(carried: Float64Array = new Float64Array(3)): void {
    [this.#start, this.#slope, this.#square] = carried;
  }
}
