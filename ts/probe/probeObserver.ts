import { dot, squares } from "../analysis/vectors.js";
import type { CurvatureProbe } from "../curvature/curvatureProbe.js";
import { ExpansionProbe } from "../curvature/expansionProbe.js";
import { topSpectrum } from "../curvature/hessian.js";
import { weightCurvature } from "../curvature/weightCurvature.js";
import { parametersOf } from "../train/parameters.js";
import type { Prepared } from "../train/prepare.js";
import type { Observed, Observer } from "../train/trainer.js";
import { observationSteps } from "./observationSteps.js";
import type { ProbeMoment } from "./probeResult.js";

export interface ObservationOptions {
  /** Largest number of observations, besides those of the first steps; default 40. */
  readonly moments?: number;
  /** Observe before these updates instead; start and end are always observed. */
  readonly at?: readonly number[];
  /** Antithetic passes at each observation; default 8. */
  readonly repeats?: number;
}

const MOMENTS = 40;
/** Default number of antithetic passes: fewer give a poor standard error. */
const REPEATS = 8;
/** Number of observations that also compute the top of the spectrum. */
const SPECTRA = 8;

/** Measures a run's curvature at chosen steps, and the readings of its noise weights. */
export class ProbeObserver implements Observer {
  readonly moments: ProbeMoment[] = [];
  readonly repeats: number;
  readonly #prepared: Prepared;
  readonly #curvature: CurvatureProbe;
  readonly #expansion: ExpansionProbe;
  readonly #due: readonly number[];
  readonly #spectrumEvery: number;
  /** The noise weights at the first observation, which is the run's start. */
  #start: Float64Array | null = null;

  /** @param curvature a probe of the layer that carries the first noise group. */
  static async open(
    prepared: Prepared,
    curvature: CurvatureProbe,
    options: ObservationOptions,
  ): Promise<ProbeObserver> {
    const expansion = await prepared.keep(ExpansionProbe.open(prepared.machine, prepared));
    return new ProbeObserver(prepared, curvature, expansion, options);
  }

  private constructor(
    prepared: Prepared,
    curvature: CurvatureProbe,
    expansion: ExpansionProbe,
    { moments = MOMENTS, at, repeats = REPEATS }: ObservationOptions,
  ) {
    this.repeats = repeats;
    this.#prepared = prepared;
    this.#curvature = curvature;
    this.#expansion = expansion;
    this.#due = observationSteps(prepared.schedule, moments, at);
    this.#spectrumEvery = Math.ceil(this.#due.length / SPECTRA);
  }

  next(step: number): number {
    return this.#due.find((due) => due >= step) ?? Number.POSITIVE_INFINITY;
  }

  async look(state: Observed): Promise<void> {
    const { plan, schedule, streams, experiment } = this.#prepared;
    const parameters = parametersOf(plan.network, state.weights);
    const [niw] = parameters.niw;
    this.#curvature.load(parameters);
    const { loss, squares: gradientProducts } = await this.#curvature.gradient();
    this.#start ??= niw;
    const start = this.#start;
    const along = await weightCurvature(this.#curvature, niw, streams, {
      ...experiment.noise[0],
      repeats: this.repeats,
      moment: this.moments.length,
      start,
    });
    // The weights of a diverged run have no curvature.
    const finite = Number.isFinite(loss) && Number.isFinite(along.pointwise);
    this.moments.push({
      step: state.step,
      epoch: state.step / schedule.stepsPerEpoch,
      niwNorm: Math.sqrt(squares(niw)),
      memory: dot(niw, start) / squares(start),
      loss,
      gradientSquare: trace(gradientProducts),
      gradientAlong: formOf(gradientProducts, niw),
      gradientAlongStart: formOf(gradientProducts, start),
      ...along,
      alongStart: along.alongStart ?? Number.NaN,
      hMax: finite ? await this.#largestEigenvalue(state.step) : null,
      expansion: state.step < schedule.steps ? await this.#expansion.at(state) : null,
    });
  }

  /** Null at the observations that do not compute it. */
  async #largestEigenvalue(step: number): Promise<number | null> {
    const { schedule, streams } = this.#prepared;
    const wanted = this.moments.length % this.#spectrumEvery === 0 || step === schedule.steps;
    if (!wanted) return null;
    const { values } = await topSpectrum(this.#curvature, streams, { steps: 40, tolerance: 1e-4 });
    return values[0];
  }
}

function trace(matrix: Float64Array): number {
  const d = Math.sqrt(matrix.length);
  let sum = 0;
  for (let i = 0; i < d; i++) sum += matrix[i * (d + 1)];
  return sum;
}

/** `tr(V^T M V)` of a matrix `[d, d]` and `V`, `[d, m]`. */
function formOf(matrix: Float64Array, V: Float64Array): number {
  const d = Math.sqrt(matrix.length);
  const m = V.length / d;
  let form = 0;
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) {
      for (let c = 0; c < m; c++) form += V[i * m + c] * matrix[i * d + j] * V[j * m + c];
    }
  }
  return form;
}
