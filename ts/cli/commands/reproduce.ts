import { join } from "node:path";
import { Argument, type Command, Option } from "commander";
import { dawn } from "../../backend/node/dawn.js";
import { InputError } from "../../errors/errors.js";
import { spawnThread, threadsHere } from "../../jobs/pool/node/spawn.js";
import { loadKernels } from "../../kernels/node/load.js";
import { type FigureOne, figureOne, figureOneInput } from "../../paper/figureOne.js";
import { paperClaims } from "../../paper/paperClaims.js";
import {
  type ValidityCell,
  type ValidityOptions,
  validity,
} from "../../probe/expansionValidity.js";
import { increasing } from "../../report/axes.js";
import { openStore, writeSpec } from "../../store/node/openStore.js";
import { claimsTable, figureOneSummary, writeFigureOne } from "../figureOneOutput.js";
import type { Interrupt } from "../interrupt.js";
import { linearGrid } from "../linearGrid.js";
import {
  beginning,
  type CommonOptions,
  dataFiles,
  voiceOf,
  withBackend,
  withOut,
  withVoice,
} from "../options.js";
import { ProgressBar, sayer } from "../terminal.js";

interface ReproduceOptions extends CommonOptions {
  readonly out: string;
  readonly force?: boolean;
  readonly resume?: boolean;
  readonly quick?: boolean;
  readonly full?: boolean;
  readonly samples?: number;
  readonly backend: "auto" | "wasm" | "reference" | "webgpu";
  readonly fast?: boolean;
}

/** The largest number of values of `sigma` in the map of the expansion's validity. */
const MAPPED = 8;

export function reproduceCommand(program: Command, interrupt: Interrupt): void {
  withOut(withVoice(withBackend(program.command("reproduce"))), "figure-1")
    .addArgument(new Argument("<what>", "what to reproduce").choices(["figure-1"]))
    .option("--quick", "a smaller network, fewer values of sigma and seeds; takes some minutes")
    .addOption(new Option("--full", "the paper's 60,000 training samples").conflicts("quick"))
    .addOption(
      new Option("--samples <n>", "training samples; default 2000").argParser((text) => {
        const count = Number(text);
        if (Number.isInteger(count) && count >= 100 && count <= 60_000) return count;
        throw new InputError(
          "--samples",
          `--samples is ${text}: takes an integer from 100 to 60000`,
        );
      }),
    )
    .addOption(new Option("--resume", "continue the interrupted work in --out").conflicts("force"))
    .addHelpText(
      "after",
      `
The default trains 90 networks, --quick 32 smaller ones, --full the 90 on 30 times as many samples.

Examples:
  $ ninscope reproduce figure-1 --quick
  $ ninscope reproduce figure-1 --out results/figure-1
  $ ninscope reproduce figure-1 --full --fast --out results/full
  $ ninscope reproduce figure-1 --full --fast --out results/full --resume`,
    )
    .action(async (_: string, options: ReproduceOptions) => {
      const voice = voiceOf(options);
      const input = figureOneInput(options);
      const claim = { spec: input, begin: beginning(options) };
      const store = await openStore(options.out, "--out", sayer(voice), claim);
      const progress = new ProgressBar("figure-1", voice);
      try {
        const kernels = await loadKernels({ fast: options.fast });
        await writeSpec(options.out, input);
        const found = await figureOne(input, {
          kernels,
          store,
          backend: options.backend,
          gpu: { source: dawn },
          workers: threadsHere(),
          spawn: spawnThread,
          files: dataFiles(voice, interrupt.signal),
          signal: interrupt.signal,
          onProgress: ({ done, what }) => progress.update(done, what),
        });
        const claims = paperClaims(found);
        const cells = await validityOf(found, {
          kernels,
          backend: options.backend,
          gpu: { source: dawn },
          files: dataFiles(voice, interrupt.signal),
          signal: interrupt.signal,
          onProgress: ({ done, total }) =>
            progress.update(done / total, "the expansion's validity"),
        });
        const grid = await linearGrid(kernels, interrupt.signal);
        await store.check();
        await writeFigureOne(options.out, found, claims, cells, grid);
        progress.stop();
        process.stdout.write(
          voice.json
            ? `${JSON.stringify(figureOneSummary(found, claims, cells))}\n`
            : `${claimsTable(claims)}\n${join(options.out, "report.html")}\n`,
        );
      } finally {
        progress.stop();
        await store.close();
      }
    });
}

/** Where the expansion holds: at some of the figure's values of `sigma`, with the first seed. */
function validityOf(
  { input, runs }: FigureOne,
  options: Omit<ValidityOptions, "sigmas">,
): Promise<ValidityCell[]> {
  const { sweep: _, ...experiment } = input;
  const all = increasing(runs.map(({ sigma }) => sigma));
  const sigmas = all.filter((_, i) => i % Math.ceil(all.length / MAPPED) === 0);
  return validity({ ...experiment, seed: runs[0].seed }, { ...options, sigmas });
}
