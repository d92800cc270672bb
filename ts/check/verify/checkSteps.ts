import type { Machine } from "../../backend/machine.js";
import { referenceMachine } from "../../backend/reference.js";
import type { Network } from "../../program/network.js";
import { parametersOf } from "../../train/parameters.js";
import type { Setup } from "../../train/setup.js";
import { runTraining } from "../../train/trainer.js";
import type { Worst } from "./checkOperation.js";
import { perturbed } from "./perturbed.js";
import { gamma, TINY } from "./roundings.js";

/** The result of a training. */
interface Arrays {
  /** All parameters, noise weights included. */
  readonly parameters: Float64Array;
  readonly niw: Float64Array;
}

/** Number of runs whose spread is measured. */
const RUNS = 4;
/** A machine's error may be this multiple of their largest deviation. */
const RESERVE = 3;

/**
 * Checks how far a machine is from the exact run after a number of steps.
 *
 * A float32 step equals the exact step of a network whose parameters were changed by at most `gamma_n` before it. Here
 * `n` is the longest sum of the step, plus 6 for scaling, activations and storing (Higham, *Accuracy and Stability of
 * Numerical Algorithms*, chapter 3). The effect of such changes depends on the run: a catapult amplifies them. So the
 * check measures the effect, with exact runs whose parameters are changed by that much at random before every step.
 *
 * If the exact run exceeds the range of float32, the machine's run must exceed it too, and nothing else is compared.
 */
export class StepsCheck {
  readonly #setup: Setup;
  readonly #exact: Arrays;
  /** The largest allowed errors; null if the run diverges. */
  readonly #bounds: { readonly parameters: number; readonly niw: number } | null;

  private constructor(
    setup: Setup,
    exact: Arrays,
    bounds: { parameters: number; niw: number } | null,
  ) {
    this.#setup = setup;
    this.#exact = exact;
    this.#bounds = bounds;
  }

  get diverges(): boolean {
    return this.#bounds === null;
  }

  static async prepare(setup: Setup): Promise<StepsCheck> {
    const { network, batch } = setup.plan;
    const nodes = network.noise.reduce((sum, group) => sum + group.nodes, 0);
    const size = gamma(Math.max(...network.widths, batch) + nodes + 7);
    const reference = referenceMachine();
    const exact = await trained(reference, setup);
    if (!(largest(exact.parameters) < rangeOf(network))) return new StepsCheck(setup, exact, null);
    const bounds = {
      parameters: size * largest(exact.parameters) + TINY,
      niw: size * largest(exact.niw) + TINY,
    };
    const spread = { parameters: 0, niw: 0 };
    for (let seed = 1; seed <= RUNS; seed++) {
      const changed = await trained(perturbed(reference, size, seed), setup);
      for (const key of ["parameters", "niw"] as const) {
        spread[key] = Math.max(spread[key], difference(changed[key], exact[key]));
      }
    }
    return new StepsCheck(setup, exact, {
      parameters: bounds.parameters + RESERVE * spread.parameters,
      niw: bounds.niw + RESERVE * spread.niw,
    });
  }

  async run(machine: Machine): Promise<{ readonly parameters: Worst; readonly niw: Worst }> {
    const found = await trained(machine, this.#setup);
    const bounds = this.#bounds;
    if (bounds === null) {
      const stayed = largest(found.parameters) < Math.sqrt(rangeOf(this.#setup.plan.network));
      const worst = { error: stayed ? 1 : 0, bound: 0 };
      return { parameters: worst, niw: worst };
    }
    const worst = (key: "parameters" | "niw"): Worst => ({
      error: difference(found[key], this.#exact[key]),
      bound: bounds[key],
    });
    return { parameters: worst("parameters"), niw: worst("niw") };
  }
}

/** A size of parameters from which on the product over all layers may overflow float32. */
function rangeOf({ widths }: Network): number {
  return 2 ** (127 / widths.length);
}

async function trained(machine: Machine, setup: Setup): Promise<Arrays> {
  const { weights } = await runTraining(machine, setup);
  const { niw } = parametersOf(setup.plan.network, weights);
  return {
    parameters: Float64Array.from(weights.flatMap((w) => [...w])),
    niw: Float64Array.from(niw.flatMap((v) => [...v])),
  };
}

/** Largest absolute difference. Numbers that are not finite must be so in both arrays. */
function difference(a: Float64Array, b: Float64Array): number {
  let most = 0;
  a.forEach((value, i) => {
    const both = !Number.isFinite(value) && !Number.isFinite(b[i]);
    const error = both ? 0 : Math.abs(value - b[i]);
    most = Math.max(most, Number.isNaN(error) ? Number.POSITIVE_INFINITY : error);
  });
  return most;
}

function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
