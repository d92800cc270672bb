import { openFilled } from "../../build/js/ts/backend/machine.js";
import { measuringPlan } from "../../build/js/ts/curvature/measuringPlan.js";
import { copy, Pass } from "../../build/js/ts/program/pass.js";
import { lossOf } from "../../build/js/ts/program/tangent.js";
import { Workspace } from "../../build/js/ts/program/workspace.js";
import { combinedWeights } from "../../build/js/ts/train/parameters.js";
import { counting, writeSplit } from "../../build/js/ts/train/trainer.js";

/**
 * Loss and gradient at one layer's pre-activations with something added to them: what a training loop hands to the probe. The
 * pre-activations without it are kept, so a pass starts at that layer.
 */
export class PerturbedLayer {
  #session;
  #unperturbed;

  /** All training samples of `data` make one batch. */
  static async open(machine, network, parameters, layer, data) {
    const bare = { ...network, noise: [] };
    const { rows } = data.train;
    const plan = measuringPlan(bare, data, rows);
    const space = new Workspace(plan);
    const pass = new Pass(space, "pass", rows);
    const last = network.widths.length - 2;
    const width = network.widths[layer + 1];
    const shifted = space.matrix("shifted", rows, width);
    const { inputs, biasColumn } = space.layers[layer];
    const cols = inputs + (biasColumn < 0 ? 0 : 1);
    const below = Array.from({ length: layer }, (_, l) => pass.layer(l, false)).flat();
    const above = Array.from({ length: last - layer }, (_, k) => pass.layer(layer + 1 + k, false));
    const base = [
      ...pass.gather("train", space.indices("samples", rows)),
      ...below,
      {
        op: "product",
        a: { ...pass.input(layer), cols },
        transposeA: false,
        b: { ...space.weights(layer), cols },
        transposeB: true,
        c: shifted,
        alpha: network.factors[layer],
        beta: 0,
      },
    ];
    const loss = [copy(shifted, pass.target(layer))];
    if (layer < last) {
      const [from, into] = [pass.target(layer), pass.activations(layer + 1)];
      loss.push({ op: "activate", activation: network.activation, from, into });
    }
    loss.push(...above.flat(), lossOf(space, pass, pass.targets()));
    const gradient = [...loss];
    for (let l = last; l > layer; l--) gradient.push(...pass.backward(l));
    const lists = {
      base: { ops: base, slots: 1 },
      loss: { ops: loss, slots: 1 },
      gradient: { ops: gradient, slots: 1 },
    };
    const program = { buffers: space.buffers, fills: space.fills, lists };
    const session = await openFilled(machine, program, (opened) => {
      writeSplit(opened, "train", data.train, plan, data.outputs);
      opened.write("samples", counting(0, rows));
      parameters.weights.forEach((_, l) => {
        const { weights, biases } = parameters;
        opened.write(`weights.${l}`, combinedWeights(bare, l, { weights, biases, niw: [] }));
      });
    });
    await session.run("base", 0, 1);
    const unperturbed = Float32Array.from(await session.read("shifted"));
    return new PerturbedLayer(session, unperturbed, { rows, width, at: pass.delta(layer).buffer });
  }

  constructor(session, unperturbed, { rows, width, at }) {
    this.#session = session;
    this.#unperturbed = unperturbed;
    this.rows = rows;
    this.width = width;
    this.at = at;
  }

  /** The gradient of the mean loss at `z + sign * added`, `[rows, width]`. */
  async gradient(added, sign = 1) {
    const shifted = this.#unperturbed.slice();
    for (let i = 0; i < shifted.length; i++) shifted[i] += sign * added[i];
    this.#session.write("shifted", shifted);
    await this.#session.run("gradient", 0, 1);
    const own = await this.#session.read(this.at);
    const gradient = new Float32Array(this.rows * this.width);
    for (let i = 0; i < gradient.length; i++) gradient[i] = own[i] / this.rows;
    return gradient;
  }

  /** The mean loss with `shift`, `[width]`, added to the pre-activations of every sample: to the layer's bias. */
  async loss(shift) {
    const shifted = this.#unperturbed.slice();
    for (let i = 0; i < shifted.length; i++) shifted[i] += shift[i % this.width];
    this.#session.write("shifted", shifted);
    const [sum] = await this.#session.run("loss", 0, 1);
    return sum / this.rows;
  }

  dispose() {
    this.#session.dispose();
  }
}
