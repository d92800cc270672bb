import { expose } from "comlink";
import { bench } from "../../ts/check/bench/bench.js";
import {
  BENCH_SIZES,
  type BenchOptions,
  type BenchResult,
} from "../../ts/check/bench/benchResult.js";
import { type VerifyOptions, type VerifyResult, verify } from "../../ts/check/verify/verify.js";
import type { DataInput } from "../../ts/data/specs.js";
import { RunError } from "../../ts/errors/errors.js";
import type { Experiment } from "../../ts/experiment/schema.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import { give, givenFiles } from "../maths/files/givenFiles.js";
import { forgetFiles, keepFile, keptFiles } from "../maths/files/keptFiles.js";
import { readOwnData } from "../maths/files/ownData.js";
import { describeNetwork, readCurvature } from "../maths/files/ownNetwork.js";
import { experimentIn, readFolder } from "../maths/files/resultFolder.js";
import { specOfFiles } from "../maths/files/specOfFiles.js";
import { forgetSweep, keptSweeps } from "../maths/sweep/keptSweeps.js";
import {
  estimatedSeconds,
  keptPoints,
  runSweep,
  type SweepEars,
  type SweepJob,
} from "../maths/sweep/sweepJob.js";

const kernels = loadKernels();
let stop: AbortController | null = null;

const bytesOf = (name: string) => givenFiles.read(name, "files");

/** Serves the views that work for minutes or with files; the page starts it when one of them is opened. */
const api = {
  async give(files: ReadonlyMap<string, Blob>) {
    give(files);
  },
  estimate: async (job: SweepJob) => estimatedSeconds(job, await kernels),
  kept: (job: SweepJob) => keptPoints(job),
  keptSweeps: () => keptSweeps(),
  forgetSweep: (name: string) => forgetSweep(name),
  /** The `data` field that reads files, guessed. */
  guess: (names: readonly string[]) =>
    specOfFiles(names.map((name) => ({ name, bytes: () => bytesOf(name) }))),
  data: async (spec: DataInput) => readOwnData(spec, await kernels),
  network: async (name: string) => describeNetwork(await bytesOf(name), name),
  curvature: async (name: string, spec: DataInput, how: Parameters<typeof readCurvature>[3]) =>
    readCurvature(await bytesOf(name), name, spec, how, await kernels),
  experiment: async (name: string) => experimentIn(await bytesOf(name), name),
  folder: (name: string, files: ReadonlyMap<string, Blob>) => readFolder(name, files),
  keep: (name: string, file: Blob) => keepFile(name, file),
  keptFiles: async () => (await keptFiles()).map(({ name, size }) => ({ name, bytes: size })),
  forgetFiles: () => forgetFiles(),
  /** Makes a sweep. @returns whether it was made whole; false: it was stopped. */
  async sweep(job: SweepJob, ears: SweepEars): Promise<boolean> {
    if (stop) throw new RunError("another sweep of this page is under way");
    const own = new AbortController();
    stop = own;
    try {
      await runSweep(job, await kernels, ears, own.signal);
      return true;
    } catch (error) {
      if (own.signal.aborted) return false;
      throw error;
    } finally {
      stop = null;
    }
  },
  /** Compares this browser's machines with the reference, on an experiment. */
  verify: async (
    experiment: Experiment,
    onCheck: NonNullable<VerifyOptions["onCheck"]>,
  ): Promise<VerifyResult> =>
    verify(experiment, { kernels: await kernels, files: givenFiles, onCheck }),
  /** Times training steps on this browser's machines. */
  bench: async (
    size: "quick" | "usual",
    onRow: NonNullable<BenchOptions["onRow"]>,
  ): Promise<BenchResult> => bench({ sizes: BENCH_SIZES[size], kernels: await kernels, onRow }),
  async stop() {
    stop?.abort(new RunError("the sweep was paused"));
  },
};

export type DeskWorker = typeof api;
expose(api);
