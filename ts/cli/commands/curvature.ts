import { readFile } from "node:fs/promises";
import { type Command, InvalidArgumentError } from "commander";
import { machineFor } from "../../backend/machineFor.js";
import { dawn } from "../../backend/node/dawn.js";
import { type NetworkCurvature, networkCurvature } from "../../curvature/networkCurvature.js";
import { readNetwork } from "../../curvature/ownNetwork.js";
import { dataSummary } from "../../data/dataset.js";
import { loadDataset } from "../../data/load.js";
import { InputError, RunError } from "../../errors/errors.js";
import { parseExperiment } from "../../experiment/parse.js";
import { loadKernels } from "../../kernels/node/load.js";
import { Streams } from "../../random/streams.js";
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
      "the Linear layers from the input on, with commas: fc1,fc2 or, of any other names, W1:b1,W2:b2",
    )
    .option("--samples <n>", "training samples (1000)", number)
    .option("--nodes <m>", "probing noise nodes (32)", number)
    .option("--reach <delta>", "root mean square shift of the pre-activations (0.1)", number)
    .description(
      "the curvature of a network of your own at one of its layers, direct and read by noise",
    )
    .addHelpText(
      "after",
      `
Example:
  $ ninscope curvature model.safetensors --set network.activation=tanh \\
      --set 'data={"name":"npz","path":"data.npz","task":"classification"}' --layer 1`,
    )
    .action(async (file: string, options: CurvatureOptions) => {
      const voice = voiceOf(options);
      const {
        network,
        data: spec,
        seed,
      } = parseExperiment(await readConfig(options.config, options.set));
      const own = readCheckpoint(await bytesOf(file), file, {
        activation: network.activation,
        loss: network.loss ?? "cross-entropy",
        layers: options.layers?.split(","),
      });
      const kernels = await loadKernels({ fast: options.fast });
      const streams = new Streams(kernels, seed);
      const data = await loadDataset(spec, streams, dataFiles(voice, interrupt.signal));
      const machine = await machineFor(options.backend, kernels, { source: dawn });
      const { layer, samples, nodes, reach } = options;
      const { signal } = interrupt;
      const found = await networkCurvature(machine, own, data, streams, {
        ...{ layer, samples, nodes, reach, signal },
      });
      const used = dataSummary(data);
      process.stdout.write(
        voice.json
          ? `${JSON.stringify({ data: used, ...found })}\n`
          : `${dataLine(used)}\n${described(found)}\n`,
      );
    });
}

function number(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new InvalidArgumentError("takes a number");
  return value;
}

/** A damaged file is bad input here: it was given, not made. */
function readCheckpoint(...given: Parameters<typeof readNetwork>): ReturnType<typeof readNetwork> {
  try {
    return readNetwork(...given);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    throw new InputError("CHECKPOINT", `CHECKPOINT: ${error.message}`);
  }
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
