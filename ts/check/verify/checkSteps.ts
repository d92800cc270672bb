import type { Machine } from "../../backend/machine.js";
import { referenceMachine } from "../../backend/reference.js";
import type { Network } from "../../program/network.js";
import { parametersOf } from "../../train/parameters.js";
import type { Setup } from "../../train/setup.js";
import { runTraining } from "../../train/trainer.js";
import type { Worst } from "./checkOperation.js";
import { gamma, TINY } from "./roundings.js";
import { shaken } from "./shaken.js";

/** What training arrived at. */
interface Arrays {
  /** All of them, noise weights included. */
  readonly parameters: Float64Array;
  readonly niw: Float64Array;
}

/** Runs whose spread is measured, and how far beyond their largest deviation a machine may go. */
const RUNS = 4;
const RESERVE = 3;

/**
 * How far machines may be from the exact run after so many steps.
 *
 * A float32 step is the exact step of a network whose parameters were changed by at most `gamma_n` before it, `n` being
 * its longest sum (Higham, *Accuracy and Stability of Numerical Algorithms*, chapter 3), and 6 for scaling, activations
 * and storing. What that does to a run depends on the run: a catapult multiplies it. So it is measured, by exact
 * runs whose parameters are changed that much at random before every step.
 *
 * Where the exact run leaves the range that float32 can reckon in, a machine has to leave it too, and no more.
 */
export class StepsCheck {
  readonly #setup: Setup;
  readonly #exact: Arrays;
  /** Null where the run diverges. */
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
      const changed = await trained(shaken(reference, size, seed), setup);
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

/** Parameters from which on the product of all layers' may exceed what float32 holds. */
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

/** Largest difference; numbers that are not finite have to be so in both. */
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
