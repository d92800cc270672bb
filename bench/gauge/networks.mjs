import { wasmMachine } from "../../build/js/ts/backend/wasm.js";
import { CurvatureProbe } from "../../build/js/ts/curvature/curvatureProbe.js";
import { nodeFiles } from "../../build/js/ts/data/node/files.js";
import { runExperiment } from "../../build/js/ts/train/experimentRun.js";
import { initialParameters } from "../../build/js/ts/train/parameters.js";
import { prepare } from "../../build/js/ts/train/prepare.js";
import { PerturbedLayer } from "./perturbedLayer.mjs";

/** Name, hidden widths, and what else differs. */
export const NETWORKS = [
  ["ReLU 64-64-64", [64, 64, 64], { activation: "relu" }],
  ["tanh 64-64-64", [64, 64, 64], { activation: "tanh", init: "lecun" }],
  ["tanh 64 x 6", [64, 64, 64, 64, 64, 64], { activation: "tanh", init: "lecun" }],
];

/** Weight layer whose pre-activations are probed. */
const LAYER = 0;

/** The network at its start and after training: `{ moment, network, probe, layer, streams, kernels, gradient }`, each to be disposed of. */
export async function* moments([, layers, own], seed, epochs) {
  const prepared = await prepare(
    {
      network: { layers, ...own },
      noise: [],
      data: { name: "fashion-mnist", train: 2000, test: 0 },
      optimizer: { learningRate: 0.1, batchSize: 100 },
      epochs,
      seed,
    },
    { backend: "wasm", files: nodeFiles() },
  );
  const { plan, inputs, data, streams, kernels } = prepared;
  const machine = wasmMachine(kernels);
  const trained = async () => (await runExperiment(prepared, {})).parameters;
  for (const moment of ["start", "trained"]) {
    const parameters =
      moment === "start" ? initialParameters(plan.network, inputs) : await trained();
    const probe = await CurvatureProbe.open(machine, plan.network, LAYER, data);
    probe.load(parameters);
    const gradient = await probe.gradient();
    const layer = await PerturbedLayer.open(machine, plan.network, parameters, LAYER, data);
    yield { moment, network: plan.network, probe, layer, streams, kernels, gradient };
    probe.dispose();
    layer.dispose();
  }
  prepared.dispose();
}
