import type { Command } from "commander";
import type { BackendName } from "../../backend/machineFor.js";
import { dawn } from "../../backend/node/dawn.js";
import { type ReplayResult, readReplay } from "../../check/replay.js";
import { replay } from "../../check/replayRun.js";
import { readBytes } from "../../data/node/readBytes.js";
import { type CommonOptions, withBackend, withVoice } from "../options.js";
import { digits, table } from "../terminal.js";

interface ReplayOptions extends CommonOptions {
  readonly backend: BackendName;
  readonly fast?: boolean;
  readonly curvature?: boolean;
}

export function replayCommand(program: Command): void {
  withVoice(withBackend(program.command("replay")))
    .argument("<file>", ".npz with meta, X, y, W0_l, b0_l, V0, noise and order")
    .option(
      "--curvature",
      "also compute the mean local Hessian at the noise nodes' layer, at the start",
    )
    .addHelpText(
      "after",
      "\nExample:\n  $ ninscope replay run.npz --backend reference --json > found.json",
    )
    .action(async (file: string, options: ReplayOptions) => {
      const given = readReplay(await readBytes(file, "FILE"), file);
      const { backend, fast, curvature } = options;
      const gpu = { source: dawn };
      const { hessian, ...result } = await replay(given, { backend, fast, curvature, gpu });
      if (options.json) {
        const json = { ...jsonOf(result), ...(hessian && { hessian: [...hessian] }) };
        process.stdout.write(`${JSON.stringify(json)}\n`);
      } else process.stdout.write(`${described(result)}${hessian ? trace(hessian) : ""}\n`);
    });
}

function jsonOf(result: ReplayResult) {
  const { backend, loss, niwNorm, memory, unperturbedLoss, parameters } = result;
  const named: Record<string, number[]> = {};
  parameters.weights.forEach((w, l) => {
    named[`W_${l}`] = [...w];
    named[`b_${l}`] = [...parameters.biases[l]];
  });
  named.V = [...parameters.niw[0]];
  return {
    backend: backend.name,
    flavour: backend.flavour,
    loss: [...loss],
    niwNorm: [...niwNorm],
    memory: [...memory],
    unperturbedLoss: [...unperturbedLoss],
    parameters: named,
  };
}

function described({ backend, loss, niwNorm, memory, unperturbedLoss }: ReplayResult): string {
  const ends = (name: string, values: Float64Array) => [
    name,
    digits(values[0]),
    digits(values[values.length - 1]),
  ];
  const rows = [
    ends("loss", loss),
    ends("noise weights' norm", niwNorm),
    ...(memory.length > 0 ? [ends("noise weights' memory", memory)] : []),
    ends("unperturbed loss", unperturbedLoss),
  ];
  return `${loss.length} steps on ${backend.name} (${backend.flavour})\n${table(["", "first", "last"], rows)}`;
}

function trace(hessian: Float64Array): string {
  const d = Math.sqrt(hessian.length);
  let sum = 0;
  for (let k = 0; k < d; k++) sum += hessian[k * (d + 1)];
  return `\nmean local Hessian at the start: ${d} x ${d}, trace ${digits(sum)}`;
}
