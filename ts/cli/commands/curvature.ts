import { readFile } from "node:fs/promises";
import { type Command, InvalidArgumentError } from "commander";
import { machineFor } from "../../backend/machineFor.js";
import { dawn } from "../../backend/node/dawn.js";
import { type NetworkCurvature, networkCurvature } from "../../curvature/networkCurvature.js";
import { type OwnNetwork, readNetwork } from "../../curvature/ownNetwork.js";
import { dataSummary } from "../../data/dataset.js";
import { loadDataset } from "../../data/load.js";
import { InputError } from "../../errors/errors.js";
import { lossFor } from "../../experiment/checkAgainstData.js";
import { parseExperiment } from "../../experiment/parse.js";
import { loadKernels } from "../../kernels/node/load.js";
import { Streams } from "../../random/streams.js";
import { isPlainObject } from "../../schema/plainObject.js";
import { shown } from "../comparisons.js";
import { dataLine } from "../dataLine.js";
import type { Interrupt } from "../interrupt.js";
import {
  dataFiles,
  type RunOptions,
  readConfig,
  voiceOf,
  withBackend,
  withSet,
  withVoice,
} from "../options.js";
import { digits, table } from "../terminal.js";

interface CurvatureOptions extends Omit<RunOptions, "out"> {
  readonly config?: string;
  readonly layer: number;
  readonly layers?: string;
  readonly samples?: number;
  readonly nodes?: number;
  readonly reach?: number;
}

export function curvatureCommand(program: Command, interrupt: Interrupt): void {
  withSet(withVoice(withBackend(program.command("curvature"))))
    .argument("<checkpoint>", "safetensors file of an MLP's Linear layers, as PyTorch names them")
    .option("--config <file>", "JSON file with the network's activation and loss, and the data")
    .option("--layer <l>", "weight layer whose pre-activations are probed, from 0", number, 0)
    .option(
      "--layers <names>",
      "the Linear layers in order from the input, separated by commas: fc1,fc2 or, for tensors with other names, W1:b1,W2:b2; needed if shapes and names do not fix the order, or to leave out tensors of the file",
    )
    .option("--samples <n>", "training samples (1000)", number)
    .option("--nodes <m>", "probing noise nodes (32)", number)
    .option("--reach <delta>", "root mean square shift of the pre-activations (0.1)", number)
    .addHelpText(
      "after",
      `
Example:
  $ ninscope curvature model.safetensors --set network.activation=tanh \\
      --set 'data={"name":"npz","path":"data.npz","task":"classification"}' --layer 1`,
    )
    .action(async (file: string, options: CurvatureOptions) => {
      const voice = voiceOf(options);
      const config = await readConfig(options.config, options.set);
      const { network, data: spec, seed } = parseExperiment(config);
      if (network.init === "ntk") {
        throw new InputError(
          "network.init",
          'network.init is "ntk": the weights of a file are read as they are (z = W x + b); leave it out',
        );
      }
      const bytes = await bytesOf(file);
      const kernels = await loadKernels({ fast: options.fast });
      const streams = new Streams(kernels, seed);
      const data = await loadDataset(spec, streams, dataFiles(voice, interrupt.signal));
      const own = readNetwork(bytes, file, {
        activation: network.activation,
        loss: lossFor(data, network.loss),
        layers: options.layers?.split(",").map((name) => name.trim()),
        inputs: data.inputs,
        outputs: data.outputs,
        hidden: namesHiddenLayers(config) ? network.layers : undefined,
        bias: network.bias,
      });
      const machine = await machineFor(options.backend, kernels, { source: dawn });
      const { layer, samples, nodes, reach } = options;
      const { signal } = interrupt;
      const found = await networkCurvature(machine, own, data, streams, {
        ...{ layer, samples, nodes, reach, signal },
      });
      const used = dataSummary(data);
      process.stdout.write(
        voice.json
          ? `${JSON.stringify({ network: summaryOf(own), data: used, ...found })}\n`
          : `${describedNetwork(own)}\n${dataLine(used)}\n${described(found)}\n`,
      );
    });
}

/** Whether the user gave the hidden widths. */
function namesHiddenLayers(config: unknown): boolean {
  const { network } = config as { network?: unknown };
  return isPlainObject(network) && network.layers !== undefined;
}

/** How the file was read as a network, for the user to check. */
function summaryOf({ network, layers, unused }: OwnNetwork) {
  const { widths, activation, loss } = network;
  return {
    layers: layers.map((layer, l) => ({ ...layer, shape: [widths[l + 1], widths[l]] })),
    activation,
    loss,
    unused,
  };
}

function describedNetwork(own: OwnNetwork): string {
  const { layers, activation, loss, unused } = summaryOf(own);
  const rows = layers.map(({ weight, bias, shape }, l) => [
    String(l),
    weight,
    shape.join(" x "),
    bias ?? "none",
  ]);
  const rest = unused.length > 0 ? [`left out: ${unused.join(", ")}`] : [];
  return [
    table(["layer", "weight", "outputs x inputs", "bias"], rows),
    `activation ${activation} between them, loss ${loss}`,
    ...rest,
  ].join("\n");
}

function number(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new InvalidArgumentError("takes a number");
  return value;
}

async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const why = (error as Error).message.replace(/^[A-Z]+: /, "").replace(/, .*/, "");
    throw new InputError("CHECKPOINT", `CHECKPOINT is "${path}": ${why}; takes a safetensors file`);
  }
}

function described(found: NetworkCurvature): string {
  const { layer, units, samples, eigenvalues, trace, reach } = found;
  return [
    `layer ${layer} of ${units} units, over ${samples} samples (mean loss ${digits(found.loss)})`,
    table(
      ["mean local Hessian", ""],
      [
        [
          "largest eigenvalues",
          eigenvalues
            .slice(0, 4)
            .map(({ value }) => digits(value))
            .join(", "),
        ],
        ["trace over units", shown({ value: trace.value / units, error: trace.error / units })],
        ["along the probing noise weights, pointwise", digits(found.pointwise)],
        [`the same, smoothed over ${digits(reach)}`, digits(found.smoothed)],
        ["read by the noise (antithetic)", shown(found.antithetic)],
        [`largest, smoothed over ${digits(reach)}`, digits(found.smoothedMax)],
      ],
    ),
  ].join("\n");
}
