import { type Command, Option } from "commander";
import { dawn } from "../../backend/node/dawn.js";
import { bench } from "../../check/bench/bench.js";
import { BENCH_SIZES, type BenchResult } from "../../check/bench/benchResult.js";
import { loadKernels } from "../../kernels/kernels.js";
import type { Interrupt } from "../interrupt.js";
import { type CommonOptions, voiceOf, withVoice } from "../options.js";
import { digits, ProgressBar, table } from "../terminal.js";

interface BenchCommandOptions extends CommonOptions {
  readonly quick?: boolean;
  readonly full?: boolean;
  readonly fast?: boolean;
}

export function benchCommand(program: Command, interrupt: Interrupt): void {
  withVoice(program.command("bench"))
    .option("--quick", "two small widths; takes seconds")
    .addOption(
      new Option(
        "--full",
        "widths up to 4096, batches up to 8192, 256 replicas; takes long",
      ).conflicts("quick"),
    )
    .option("--fast", "allow relaxed SIMD on the CPU")
    .addHelpText("after", "\nExample:\n  $ ninscope bench --quick --json | jq .crossovers")
    .action(async (options: BenchCommandOptions) => {
      const voice = voiceOf(options);
      const progress = new ProgressBar("bench", voice);
      const size = options.full ? "full" : options.quick ? "quick" : "usual";
      const result = await bench({
        sizes: BENCH_SIZES[size],
        kernels: await loadKernels({ fast: options.fast }),
        gpu: { source: dawn },
        signal: interrupt.signal,
        onRow: ({ width, batch }, done, all) =>
          progress.update(done / all, `width ${width}, batch ${batch}`),
      }).finally(() => progress.stop());
      if (voice.json && result.software) process.stderr.write(`${WARNING}\n`);
      process.stdout.write(`${voice.json ? JSON.stringify(result) : described(result)}\n`);
    });
}

const WARNING = "WARNING: this GPU is emulated in software. Its times say nothing about real GPUs.";

function described(result: BenchResult): string {
  const { adapter, software, note, peak, rows, omitted, crossovers } = result;
  const lines = rows.map((row) => [
    row.backend,
    String(row.width),
    String(row.batch),
    String(row.replicas),
    digits(row.stepsPerSecond),
    digits(row.flops / 1e9),
    row.shareOfPeak === null ? "-" : `${digits(100 * row.shareOfPeak)} %`,
    digits(row.secondsPerDispatch * 1e6),
  ]);
  const head = ["backend", "width", "batch", "replicas", "steps/s", "GFLOP/s", "of peak", "µs/op"];
  const wins = crossovers.map(
    ({ batch, replicas, width }) =>
      `batch ${batch}, replicas ${replicas}: ${width === null ? "the CPU is faster at every width" : `the GPU is faster from width ${width}`}`,
  );
  return [
    table(head, lines),
    ...wins,
    adapter === null
      ? `no GPU: ${note}`
      : `GPU: ${adapter}, peak ${digits((peak ?? 0) / 1e9)} GFLOP/s`,
    ...omitted.map(
      ({ backend, width, batch, replicas, why }) =>
        `not timed: ${backend}, width ${width}, batch ${batch}, replicas ${replicas}: ${why}`,
    ),
    ...(software ? [WARNING] : []),
  ].join("\n");
}
