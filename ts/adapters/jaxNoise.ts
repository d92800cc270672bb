import { InputError } from "../errors/errors.js";
import type { Draws, NoiseProbe, Observation } from "../gauge/noiseProbe.js";

/** What the adapter needs of jax-js (`import * as jax from "@jax-js/jax"`). Named by its shape, so that the types need no such package. */
export interface Jax {
  /** As in jax-js. */
  readonly numpy: JaxNumpy;
}

/** What the adapter needs of `jax.numpy`. */
export interface JaxNumpy {
  /** As in jax-js. */
  array(values: any): any;
}

/** The part of an array of jax-js, or of its stand-in under `jit` and `grad`, that is used here. */
export interface JaxArray {
  /** Its sizes. */
  readonly shape: number[];
  /** As in jax-js. */
  add(other: any): any;
  /** As in jax-js. */
  reshape(shape: number[]): any;
  /** As in jax-js. */
  dispose(): void;
}

/** An array whose numbers can be read: outside of `jit` and `grad`. */
export interface ReadableArray extends JaxArray {
  /** As in jax-js: reads the numbers, and gives the array up. */
  data(): Promise<ArrayLike<number>>;
}

/**
 * The noise of a step as an array of jax-js, `[batch, width]`: an argument of the loss function, which adds it to the pre-activations
 * (`addNoise`). The gradient with respect to it is the one that `observe` takes, so ask for it too:
 * `valueAndGrad(loss, { argnums: [0, 1] })(params, delta, x, y)`.
 * @throws InputError as `NoiseProbe.perturb`.
 */
export function noiseFor<T extends Jax>(
  jax: T,
  probe: NoiseProbe,
  step: number,
  draws?: Draws,
): ReturnType<T["numpy"]["array"]> {
  const { batch, width } = probe.options;
  return jax.numpy.array(probe.perturb(step, draws)).reshape([batch, width]);
}

/**
 * `z + delta`, for pre-activations `[batch, width]` or `[batch, ..., width]`; all positions of an image or a sequence get the same
 * noise. It takes both arrays, as functions of jax-js do, and works under `grad` and `jit`.
 * @throws InputError if batch or width differ: jax-js would repeat a single row or column.
 */
export function addNoise<Z extends JaxArray>(z: Z, delta: JaxArray): Z {
  const [batch, width] = delta.shape;
  const { shape } = z;
  if (shape.length < 2 || shape[0] !== batch || shape[shape.length - 1] !== width) {
    throw new InputError(
      "z",
      `z has shape [${shape}]: takes [${batch}, ..., ${width}], the probe's batch and width; leave out a batch that is smaller`,
    );
  }
  return z.add(delta.reshape([batch, ...shape.slice(1, -1).map(() => 1), width]));
}

/**
 * Gives the probe a step's result: see `NoiseProbe.observe`. It takes the arrays, as functions of jax-js do: pass `array.ref` to keep
 * one.
 * @param gradient gradient of the batch mean loss with respect to what `noiseFor` returned.
 * @param loss the batch mean loss.
 * @throws InputError as `NoiseProbe.observe`.
 */
export async function observe(
  probe: NoiseProbe,
  step: number,
  gradient: ReadableArray,
  loss?: number | ReadableArray,
): Promise<Observation> {
  // Both are read before anything can fail, so that no array stays behind.
  const [values, told] = await Promise.all([
    gradient.data(),
    typeof loss === "object" ? loss.data() : loss,
  ]);
  return probe.observe(step, values, typeof told === "object" ? told[0] : told);
}
