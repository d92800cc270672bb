import { availableParallelism } from "node:os";
import type { Command } from "commander";
import { serveQueue } from "../../run/node/queue/serve.js";
import type { Interrupt } from "../interrupt.js";
import { type CommonOptions, dataFiles, voiceOf, withVoice, withWorkers } from "../options.js";

interface WorkerOptions extends CommonOptions {
  readonly queue: string;
  readonly workers?: number;
}

export function workerCommand(program: Command, interrupt: Interrupt): void {
  withWorkers(withVoice(program.command("worker")))
    .requiredOption(
      "--queue <url>",
      "Redis or Valkey server that holds the queue, redis://host:port",
    )
    .description("make the runs that `ninscope sweep --queue` puts on a queue, until Ctrl-C")
    .addHelpText(
      "after",
      `
As many workers as wanted, on any machines that reach the queue and have the same data. One that dies has its
runs taken over by the others.

Example:
  $ ninscope worker --queue redis://localhost:6379`,
    )
    .action(async ({ queue, workers = availableParallelism(), ...common }: WorkerOptions) => {
      const voice = voiceOf(common);
      const silent = voice.json || voice.quiet;
      let done = 0;
      await serveQueue(queue, {
        workers: Math.max(1, workers),
        files: dataFiles(voice, interrupt.signal),
        signal: interrupt.signal,
        onRun: (key, finished) => {
          if (finished) done++;
          if (!silent && finished)
            process.stderr.write(`run ${key.slice(0, 12)} done, ${done} so far\n`);
        },
      });
    });
}
