import { InputError } from "../errors/errors.js";
import type { NoiseProbe, Observation } from "../gauge/noiseProbe.js";
import { LayerSteps } from "./layerSteps.js";

/**
 * What the adapter needs of TensorFlow.js: `@tensorflow/tfjs`, `@tensorflow/tfjs-node`, or
 * `{ ...core, ...layers }` of `@tensorflow/tfjs-core` and `@tensorflow/tfjs-layers`. Named by its shape, so that the types need none of
 * these packages.
 */
export interface TensorFlow {
  /** As in TensorFlow.js. */
  customGrad(f: any): (...inputs: any[]) => any;
  /** As in TensorFlow.js. */
  tensor(values: Float32Array, shape: number[]): any;
  /** As in TensorFlow.js. */
  add(a: any, b: any): any;
  /** As in TensorFlow.js. */
  sum(x: any, axis?: number[]): any;
  /** As in TensorFlow.js. */
  clone(x: any): any;
  /** As in TensorFlow.js. */
  readonly layers: LayersNamespace;
}

/** The class of all layers, by its shape. */
export type LayerClass = abstract new (config?: any) => any;

/** What the adapter needs of `tf.layers`. */
export interface LayersNamespace {
  /** The class of all layers. */
  readonly Layer: LayerClass;
}

/** What a layer of noise nodes has beyond other layers. */
export interface NoiseNodesLayer {
  /** The probe that it carries. */
  readonly probe: NoiseProbe;
  /** Steps that had no noise, because their batch was smaller than the probe's. */
  readonly skipped: number;
  /**
   * Gives the probe the gradient of the training step that was made. `gaugeCallback` does it in `model.fit`; a loop of your own calls
   * it once after each step.
   * @param loss the batch mean loss.
   * @returns what the step told; null if its batch was smaller than the probe's.
   * @throws InputError if there was no such step since the last call.
   */
  observe(loss?: number): Observation | null;
}

/** The part of a tensor that is used here. */
interface Tensor {
  readonly shape: number[];
  dataSync(): Float32Array;
}

/** The part of a layer that is used here. */
interface Layer {
  supportsMasking: boolean;
  build(shape: unknown): void;
  getConfig(): Record<string, unknown>;
}

let made = 0;

/**
 * A layer of noise nodes for a model of `tf.layers`. It stands between a layer without activation and its activation, whose last
 * axis has the probe's width: units of a dense layer, channels of a convolution. In training it adds the probe's noise and reads the
 * gradient there; elsewhere it changes nothing, and a saved model holds an identity in its place. All positions of an image or a
 * sequence get the same noise.
 *
 * A batch that is smaller than the probe's, as the last of an epoch may be, gets no noise and is not observed; two such batches one
 * after the other are refused. The noise reads the gradient by `dataSync`, for which the backends `webgl` and `webgpu` wait.
 * @throws InputError in the model's construction, if the layer before has another width.
 */
export function noiseLayer<T extends TensorFlow>(
  tf: T,
  probe: NoiseProbe,
): InstanceType<T["layers"]["Layer"]> & NoiseNodesLayer {
  const steps = new LayerSteps(probe);
  const { width, batch } = probe.options;
  const Base = tf.layers.Layer as unknown as new (config: object) => Layer;

  class NoiseNodes extends Base implements NoiseNodesLayer {
    // Whoever loads the model needs no class of ours.
    static readonly className = "Activation";
    readonly probe = probe;

    constructor() {
      super({ name: `noise_nodes_${++made}` });
      this.supportsMasking = true;
    }

    get skipped(): number {
      return steps.skipped;
    }

    override build(shape: number[]): void {
      const units = shape[shape.length - 1];
      if (units !== width || shape.length < 2) {
        throw new InputError(
          "width",
          `width is ${width}: the layer before the noise has ${units} outputs`,
        );
      }
      super.build(shape);
    }

    call(inputs: Tensor | Tensor[], kwargs?: { readonly training?: boolean }): Tensor {
      const z = Array.isArray(inputs) ? inputs[0] : inputs;
      if (!kwargs?.training) return z as Tensor;
      const { step, added } = steps.forward(z.shape[0]);
      const between = z.shape.slice(1, -1);
      const noisy = (x: Tensor) => ({
        value: added
          ? tf.add(x, tf.tensor(added, [batch, ...between.map(() => 1), width]))
          : tf.clone(x),
        gradFunc: (dy: Tensor) => {
          steps.gradient(step, added && read(dy));
          return tf.clone(dy);
        },
      });
      return tf.customGrad(noisy)(z);
    }

    observe(loss?: number): Observation | null {
      return steps.observe(loss);
    }

    override getConfig(): Record<string, unknown> {
      return { ...super.getConfig(), activation: "linear" };
    }
  }

  /** A copy of a gradient, summed over the positions that share their noise. */
  function read(gradient: Tensor): Float32Array {
    const between = gradient.shape.slice(1, -1).map((_, i) => i + 1);
    const rows: Tensor = between.length > 0 ? tf.sum(gradient, between) : gradient;
    // Backends may hand out their own memory.
    return rows.dataSync().slice();
  }

  return new NoiseNodes() as unknown as InstanceType<T["layers"]["Layer"]> & NoiseNodesLayer;
}
