import { isScheduled } from "../../experiment/constantNoise.js";
import type { ScheduleSpec } from "../../experiment/schema.js";
import type { StepSlots } from "../../program/lower.js";
import type { Plan } from "../../program/workspace.js";
import type { Schedule } from "../schedule.js";
import type { SigmaControl, SigmaPoint } from "./sigmaControl.js";
import { controlled, type Direction, plannedFactor, type Reading } from "./sigmaFactor.js";
import { targetReading } from "./targetReading.js";

/** Numbers of a point in a checkpoint, and those before the first one. */
const NUMBERS = 4;
const STATE = 8;

const NO_READING: Reading = { value: Number.NaN, error: 0 };

/** The schedule of one group, as it runs. Between two of its points it sums what the trace tells of every step. */
class GroupSchedule {
  readonly group: number;
  readonly every: number;
  readonly #start: number;
  readonly #spec: ScheduleSpec;
  readonly #run: Schedule;
  readonly #learningRate: number;
  readonly #slots: StepSlots;
  readonly #points: SigmaPoint[] = [];
  /** What a controller multiplies `sigma` by now. */
  #factor = 1;
  #direction: Direction = 1;
  #best = NO_READING;
  /** Since the last point: `sum <W, g>` and `sum <W, g>^2`, `sum |W|^2`, and the sum of squares of the factor. */
  #slope = 0;
  #slopes = 0;
  #square = 0;
  #factors = 0;

  constructor(
    group: number,
    start: number,
    spec: ScheduleSpec,
    run: Schedule,
    { learningRate }: Plan,
    slots: StepSlots,
  ) {
    this.group = group;
    this.#start = start;
    this.#spec = spec;
    this.#run = run;
    this.#learningRate = learningRate;
    this.#slots = slots;
    this.every = spec.kind === "controller" ? spec.every : run.stepsPerEpoch;
  }

  get isControlled(): boolean {
    return this.#spec.kind === "controller";
  }

  get control(): SigmaControl {
    const { group } = this;
    const points = [...this.#points];
    const spec = this.#spec;
    const target = spec.kind === "controller" ? targetReading(spec, points) : null;
    return { group, kind: spec.kind, points, target };
  }

  /** As float32 holds it, so that all machines multiply by the same. */
  factor(step: number): number {
    const spec = this.#spec;
    return Math.fround(
      spec.kind === "controller" ? this.#factor : plannedFactor(spec, step, this.#run),
    );
  }

  /** Takes the trace's row of a step. */
  add(step: number, row: Float64Array): void {
    const slope = row[this.#slots.niwSlopes[this.group]];
    this.#slope += slope;
    this.#slopes += slope * slope;
    this.#square += row[this.#slots.niwSquares[this.group]];
    this.#factors += this.factor(step) ** 2;
    if ((step + 1) % this.every === 0) this.#close(step + 1);
  }

  #close(step: number): void {
    const sigma = this.#start * Math.sqrt(this.#factors / this.every);
    const kappa = (this.#learningRate * this.#slope) / this.#square;
    const dose = (this.#slope / 2) * (this.#run.stepsPerEpoch / this.every);
    this.#points.push({ step, sigma, kappa: finite(kappa), dose: finite(dose) });
    if (this.#spec.kind === "controller") {
      const now = this.#reading(this.#spec.hold === "kappa" ? kappa : dose);
      const sigma = this.#start * this.#factor;
      const state = { sigma, direction: this.#direction, best: this.#best };
      const next = controlled(this.#spec, this.#start, state, now);
      this.#factor = next.sigma / this.#start;
      this.#direction = next.direction;
      this.#best = next.best;
    }
    this.#slope = this.#slopes = this.#square = this.#factors = 0;
  }

  /** A value that is proportional to `sum <W, g>`, with the scatter of its terms. */
  #reading(value: number): Reading {
    const scatter = Math.max(0, this.#slopes - (this.#slope * this.#slope) / this.every);
    return { value, error: (Math.abs(value) * Math.sqrt(scatter)) / Math.abs(this.#slope) };
  }

  /** The state and all points, for a checkpoint. */
  get carried(): Float64Array {
    const points = this.#points.flatMap(({ step, sigma, kappa, dose }) => [
      ...[step, sigma, kappa ?? Number.NaN, dose ?? Number.NaN],
    ]);
    const { value, error } = this.#best;
    const state = [this.#factor, this.#direction, value, error];
    const sums = [this.#slope, this.#slopes, this.#square, this.#factors];
    return Float64Array.of(...state, ...sums, ...points);
  }

  /** How many numbers a checkpoint carries after so many steps. */
  carriedAfter(steps: number): number {
    return STATE + NUMBERS * Math.floor(steps / this.every);
  }

  restore(carried: Float64Array): void {
    const [factor, direction, value, error] = carried;
    this.#factor = factor;
    this.#direction = direction === -1 ? -1 : 1;
    this.#best = { value, error };
    [this.#slope, this.#slopes, this.#square, this.#factors] = carried.subarray(4);
    for (let i = STATE; i < carried.length; i += NUMBERS) {
      const [step, sigma, kappa, dose] = carried.subarray(i, i + NUMBERS);
      this.#points.push({ step, sigma, kappa: finite(kappa), dose: finite(dose) });
    }
  }
}

/** The schedules of all noise groups of a run, constant ones left out. */
export class SigmaControls {
  readonly #plan: Plan;
  readonly #run: Schedule;
  readonly #groups: readonly GroupSchedule[];
  readonly #byGroup: ReadonlyMap<number, GroupSchedule>;

  constructor(plan: Plan, run: Schedule, slots: StepSlots) {
    this.#plan = plan;
    this.#run = run;
    this.#groups = plan.network.noise.flatMap((nodes, g) => {
      const { sigma, schedule } = nodes;
      if (!schedule || !isScheduled(nodes)) return [];
      return [new GroupSchedule(g, sigma, schedule, run, plan, slots)];
    });
    this.#byGroup = new Map(this.#groups.map((group) => [group.group, group]));
  }

  /** `sigma` of a group in a step. */
  sigma(group: number, step: number): number {
    const { sigma } = this.#plan.network.noise[group];
    const own = this.#byGroup.get(group);
    return own ? sigma * own.factor(step) : sigma;
  }

  /** The first step after `step` at which a controller may change the factors. */
  next(step: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { isControlled, every } of this.#groups) {
      if (isControlled) next = Math.min(next, every * Math.floor(step / every + 1));
    }
    return next;
  }

  /** Takes the trace's row of a step. */
  add(step: number, row: Float64Array): void {
    for (const group of this.#groups) group.add(step, row);
  }

  /** The factors of the steps of an epoch, `[steps, nodes]`, by buffer. */
  *buffers(epoch: number): Generator<[buffer: string, values: Float32Array]> {
    const { stepsPerEpoch } = this.#run;
    for (const group of this.#groups) {
      const { nodes } = this.#plan.network.noise[group.group];
      const values = new Float32Array(stepsPerEpoch * nodes);
      for (let k = 0; k < stepsPerEpoch; k++) {
        const factor = group.factor(epoch * stepsPerEpoch + k);
        values.fill(factor, k * nodes, (k + 1) * nodes);
      }
      yield [`schedule.${group.group}`, values];
    }
  }

  /** What the schedules did. */
  get record(): SigmaControl[] {
    return this.#groups.map(({ control }) => control);
  }

  /** For a checkpoint, by name. */
  get carried(): Record<string, Float64Array> {
    return Object.fromEntries(this.#groups.map((own) => [name(own), own.carried]));
  }

  /** How many numbers of each name a checkpoint carries after so many steps. */
  carriedAfter(steps: number): Record<string, number> {
    return Object.fromEntries(this.#groups.map((own) => [name(own), own.carriedAfter(steps)]));
  }

  restore(carried: Readonly<Record<string, Float64Array>>): void {
    for (const own of this.#groups) {
      const numbers = carried[name(own)];
      if (numbers) own.restore(numbers);
    }
  }
}

function name({ group }: GroupSchedule): string {
  return `sigma.${group}`;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
