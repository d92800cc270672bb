import { join } from "node:path";
import type { Command } from "commander";
import { nodeFiles } from "../../data/node/files.js";
import { locate } from "../../data/node/locate.js";
import type { SweepInput } from "../../experiment/sweep.js";
import { loadKernels } from "../../kernels/kernels.js";
import { openFolder } from "../../store/node/openFolder.js";
import { prepareFolder } from "../../store/node/openStore.js";
import type { Interrupt } from "../interrupt.js";
import { type CommonOptions, voiceOf, withOut, withVoice } from "../options.js";
import { PHASES_DEFAULTS, PhasesJob } from "../phasesJob.js";
import { phasesTable, writePhases } from "../phasesOutput.js";
import { sweepTable } from "../sweep/output.js";
import { runSweep } from "../sweep/runSweep.js";

interface DemoOptions extends CommonOptions {
  readonly out: string;
  readonly force?: boolean;
}

export function demoCommand(program: Command, interrupt: Interrupt): void {
  withOut(withVoice(program.command("demo")), "out").action(async (options: DemoOptions) => {
    const voice = voiceOf(options);
    const say = (text: string) => void (voice.json || process.stdout.write(`${text}\n`));
    const linearFolder = join(options.out, "linear-model");
    const networkFolder = join(options.out, "network");
    const job = new PhasesJob(
      { ...PHASES_DEFAULTS, sigma: "0.01:10:20", seeds: 8 },
      await loadKernels(),
    );
    // A second demo continues with the results of the first.
    const begin = options.force ? "anew" : "on";
    const spec = await networkSpec();
    await openFolder(networkFolder, { spec, begin, adds: true });
    await prepareFolder(linearFolder, job.claim(begin));
    say("The linear model, by its exact recursion: 8 seeds, 20 values of sigma\n");
    const phases = await job.run(voice, interrupt.signal);
    await writePhases(linearFolder, job, phases);
    say(phasesTable(phases));

    say(
      `\nA ReLU network with three hidden layers of 128 units on ${spec.data?.name}: 16 values of sigma\n`,
    );
    const network = await runSweep(spec, { out: networkFolder, begin }, voice, {
      files: nodeFiles(),
      signal: interrupt.signal,
    });
    say(sweepTable(network));
    say(`\nFigures: ${join(linearFolder, "figures")} and ${join(networkFolder, "figures")}`);
    say("To watch the phases happen: ninscope lab (in a clone: node dist/cli.js lab)");
    if (voice.json)
      process.stdout.write(
        `${JSON.stringify({ linear: phases.boundaries, network: network.boundaries })}\n`,
      );
  });
}

/** Fashion-MNIST if its files are on this machine, otherwise a mixture of Gaussians. */
async function networkSpec(): Promise<SweepInput> {
  const images = (await locate("fashion-mnist")) !== null;
  return {
    network: { layers: [128, 128, 128], activation: "relu", loss: "cross-entropy" },
    noise: [{ layer: 0, nodes: 1 }],
    data: images
      ? { name: "fashion-mnist", train: 2000, test: 2000 }
      : { name: "gaussian-mixture", inputs: 256, classes: 10, train: 2000, test: 2000 },
    optimizer: { learningRate: 0.1, batchSize: 100 },
    epochs: 50,
    record: { evaluateEvery: 2 },
    sweep: { "noise.0.sigma": "0.3:120:16" },
  };
}
