import { type Command, InvalidArgumentError } from "commander";
import { loadKernels } from "../../kernels/kernels.js";
import { prepareFolder } from "../../store/node/openStore.js";
import type { Interrupt } from "../interrupt.js";
import { beginning, voiceOf, withBackend, withOut, withVoice } from "../options.js";
import { PHASES_DEFAULTS, PhasesJob, type PhasesOptions } from "../phasesJob.js";
import { phasesSummary, phasesTable, writePhases } from "../phasesOutput.js";

export function phasesCommand(program: Command, interrupt: Interrupt): void {
  const d = PHASES_DEFAULTS;
  withOut(withVoice(withBackend(program.command("phases"))))
    .option("--width <d>", "hidden units", number, d.width)
    .option("--samples <n>", "training samples; every batch holds all of them", number, d.samples)
    .option("--learning-rate <eta>", "learning rate", number, d.learningRate)
    .option("--sigma <range>", "from:to:count, logarithmically spaced", d.sigma)
    .option("--steps <t>", "number of updates", number, d.steps)
    .option("--seeds <n>", "number of seeds", number, d.seeds)
    .option("--seed <s>", "first seed", number, d.seed)
    .option("--mode <mode>", "noise that is fresh in each step, or fixed", d.mode)
    .option("--full", "train the network itself instead of using the recursion")
    .addHelpText(
      "after",
      `
kappa = eta sigma^2 lambda(0) predicts the phase: decay below 2, catapult from 2 to about 4, divergence above.

Examples:
  $ ninscope phases
  $ ninscope phases --sigma 1:10:100 --seeds 20 --out results/phases
  $ ninscope phases --sigma 0.01:10:1024 --seeds 100 --backend webgpu
  $ ninscope phases --full --steps 500 --sigma 1:8:8 --seeds 1`,
    )
    .action(async (options: PhasesOptions) => {
      const voice = voiceOf(options);
      const job = new PhasesJob(options, await loadKernels({ fast: options.fast }));
      if (options.out) await prepareFolder(options.out, job.claim(beginning(options)));
      const result = await job.run(voice, interrupt.signal);
      if (options.out) await writePhases(options.out, job, result);
      if (voice.json) process.stdout.write(`${JSON.stringify(phasesSummary(result))}\n`);
      else process.stdout.write(`${phasesTable(result)}\n`);
    });
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || Number.isNaN(value)) throw new InvalidArgumentError("takes a number");
  return value;
}
