import { availableParallelism } from "node:os";
import type { Command } from "commander";
import { serveQueue } from "../../jobs/node/queue/serve.js";
import type { Interrupt } from "../interrupt.js";
import {
  type CommonOptions,
  checkpointEvery,
  dataFiles,
  folderOption,
  voiceOf,
  withVoice,
  withWorkers,
} from "../options.js";
import { sayer } from "../terminal.js";

interface WorkerOptions extends CommonOptions {
  readonly queue: string;
  readonly workers?: number;
  readonly data?: string;
  readonly checkpoints?: string;
  readonly checkpointEvery: number;
}

export function workerCommand(program: Command, interrupt: Interrupt): void {
  withWorkers(withVoice(program.command("worker")))
    .requiredOption(
      "--queue <url>",
      "Redis or Valkey server that holds the queue, redis://host:port",
    )
    .addOption(
      folderOption(
        "--data <dir>",
        "folder that holds the sweep's data files on this machine; default: where they are for the sweep",
      ),
    )
    .addOption(
      folderOption(
        "--checkpoints <dir>",
        "folder that all workers share; a run of a dead worker continues from its checkpoint there",
      ),
    )
    .addOption(checkpointEvery("time between checkpoints of a run, with --checkpoints"))
    .addHelpText(
      "after",
      `
Start as many workers as you like, on any machines that reach the queue and have the same data. If a worker dies,
the others take over its runs.

Examples:
  $ ninscope worker --queue redis://localhost:6379
  $ ninscope worker --queue redis://localhost:6379 --checkpoints /shared/checkpoints`,
    )
    .action(async (options: WorkerOptions) => {
      const { queue, workers = availableParallelism(), checkpoints } = options;
      const voice = voiceOf(options);
      const say = sayer(voice);
      let done = 0;
      await serveQueue(queue, {
        workers: Math.max(1, workers),
        files: dataFiles(voice, interrupt.signal, options.data),
        signal: interrupt.signal,
        checkpoints,
        checkpointEvery: options.checkpointEvery,
        say,
        onRun: (key) => say(`run ${key.slice(0, 12)} done, ${++done} so far`),
      });
    });
}
