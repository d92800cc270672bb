import { gpuMachine } from "../../backend/gpuMachine.js";
import type { Machine } from "../../backend/machine.js";
import { wasmMachine } from "../../backend/wasm.js";
import type { GpuMachine } from "../../backend/webgpu/webgpu.js";
import { RunError } from "../../errors/errors.js";
import { parseExperiment } from "../../experiment/parse.js";
import { linearExperiment } from "../../experiment/presets.js";
import type { Experiment, ExperimentInput } from "../../experiment/schema.js";
import { type Kernels, loadKernels } from "../../kernels/kernels.js";
import { lowerPlan } from "../../program/lowerPlan.js";
import type { Op, Program } from "../../program/ops.js";
import { runExperiment } from "../../train/experimentRun.js";
import { Prepared, prepare } from "../../train/prepare.js";
import type { Setup } from "../../train/setup.js";
import { checkOperation, type Worst, withinBound } from "./checkOperation.js";
import { StepsCheck } from "./checkSteps.js";
import type { VerifyCheck, VerifyOptions, VerifyResult } from "./verifyResult.js";

/** A small network: the reference runs its steps in about a second. */
const SMALL: ExperimentInput = {
  network: { layers: [24, 24] },
  data: { name: "gaussian-mixture", inputs: 20, classes: 4, train: 240, test: 0 },
  optimizer: { batchSize: 24 },
};
const STEPS = [1, 10, 100];
/** Values of sigma that cover all four phases. */
const SIGMAS = [0.3, 1, 3, 6, 8, 9];

interface Candidate {
  readonly machine: Machine;
  readonly kernels: Kernels;
  readonly backend: "wasm" | "webgpu";
}

/** See `verify`. */
export async function verifyHere(
  input: ExperimentInput = SMALL,
  options: VerifyOptions = {},
): Promise<VerifyResult> {
  const experiment = parseExperiment(input);
  const { candidates, note } = await candidatesOf(options);
  const verifier = new Verifier(candidates, options);
  await verifier.operations(await setupOf(experiment, options, 1));
  for (const steps of STEPS) await verifier.steps(await setupOf(experiment, options, steps));
  await verifier.phases();
  const { checks } = verifier;
  return {
    backends: candidates.map(({ machine: { name, flavour } }) => ({ name, flavour })),
    note,
    checks,
    passed: checks.every(({ passed }) => passed),
  };
}

async function candidatesOf({
  kernels,
  gpu,
}: VerifyOptions): Promise<{ candidates: Candidate[]; note: string | null }> {
  const baseline = kernels ?? (await loadKernels());
  const relaxed = await loadKernels({ fast: true });
  const own = [baseline, ...(relaxed.flavour === baseline.flavour ? [] : [relaxed])];
  const candidates: Candidate[] = own.map((k) => ({
    machine: wasmMachine(k),
    kernels: k,
    backend: "wasm",
  }));
  let machine: GpuMachine;
  try {
    machine = await gpuMachine(gpu);
  } catch (error) {
    if (error instanceof RunError) return { candidates, note: error.message };
    throw error;
  }
  candidates.push({ machine, kernels: baseline, backend: "webgpu" });
  const note = machine.software ? `${machine.flavour} is software, not a GPU` : null;
  return { candidates, note };
}

/** The experiment's first `steps` steps, without evaluations, which do not affect the steps. */
export async function setupOf(
  experiment: Experiment,
  options: Pick<VerifyOptions, "kernels" | "dataset" | "files">,
  steps: number,
): Promise<Setup> {
  const { epochs: _, ...rest } = experiment;
  const short = { ...rest, steps, stop: {} };
  const { plan, data, inputs, schedule } = await prepare(short, { ...options, backend: "wasm" });
  return {
    plan: { ...plan, testRows: 0, evaluateRows: Math.min(plan.evaluateRows, plan.batch) },
    data: { ...data, test: null },
    inputs,
    schedule: { ...schedule, evaluateEvery: steps + 1 },
  };
}

class Verifier {
  readonly checks: VerifyCheck[] = [];
  readonly #candidates: readonly Candidate[];
  readonly #options: VerifyOptions;

  constructor(candidates: readonly Candidate[], options: VerifyOptions) {
    this.#candidates = candidates;
    this.#options = options;
  }

  async operations({ plan }: Setup): Promise<void> {
    // An operation's shape depends on the batch, not on how many samples there are.
    const { program } = await lowerPlan({
      ...plan,
      trainRows: plan.batch,
      evaluateRows: plan.batch,
    });
    for (const [name, op] of distinctOps(program)) {
      for (const { machine } of this.#candidates) {
        this.#add(name, machine, await checkOperation(machine, program, op));
      }
    }
  }

  async steps(setup: Setup): Promise<void> {
    const { steps } = setup.schedule;
    const check = await StepsCheck.prepare(setup);
    const eta = setup.plan.learningRate;
    const end = check.diverges ? ": divergent" : "";
    const times = `after ${steps} ${steps === 1 ? "step" : "steps"}${end}`;
    for (const { machine } of this.#candidates) {
      const { parameters, niw } = await check.run(machine);
      if (steps === 1) {
        const gradient = { error: parameters.error / eta, bound: parameters.bound / eta };
        this.#add(`gradient of one step${end}`, machine, gradient);
      }
      this.#add(`parameters ${times}`, machine, parameters);
      if (setup.plan.network.noise.length > 0) this.#add(`noise weights ${times}`, machine, niw);
    }
  }

  async phases(): Promise<void> {
    const reference = this.#candidates[0].kernels;
    for (const sigma of SIGMAS) {
      const own = { width: 16, samples: 32, learningRate: 0.05, steps: 80, seed: 0 };
      const experiment = linearExperiment({ ...own, sigma });
      const exact = await prepare(experiment, { kernels: reference, backend: "reference" });
      const expected = await runExperiment(exact);
      for (const { machine, kernels } of this.#candidates) {
        const own = { data: exact.data, dataKey: exact.dataKey, kernels, machine };
        const found = await runExperiment(new Prepared(experiment, own));
        const error = found.phase === expected.phase ? 0 : 1;
        this.#add(`phase at sigma ${sigma}: ${expected.phase}`, machine, { error, bound: 0 });
      }
    }
  }

  #add(name: string, { name: machine, flavour }: Machine, worst: Worst): void {
    this.#options.signal?.throwIfAborted();
    const backend = machine === "wasm" ? `wasm ${flavour}` : machine;
    const check = { name, backend, ...worst, passed: withinBound(worst) };
    this.checks.push(check);
    this.#options.onCheck?.(check);
  }
}

/** The operations of a training step and an evaluation by name: one of each kind and shape. */
function distinctOps(program: Program): Map<string, Op> {
  const named = new Map<string, Op>();
  for (const list of ["step", "evaluate.train"]) {
    for (const op of program.lists[list].ops) named.set(nameOf(op), op);
  }
  return named;
}

function nameOf(op: Op): string {
  switch (op.op) {
    case "gather":
      return `gather ${op.source} ${op.into.rows} x ${op.into.cols}`;
    case "product": {
      const { a, b, c, transposeA, transposeB } = op;
      const sides = `${transposeA ? "a'" : "a"} ${transposeB ? "b'" : "b"}`;
      const depth = transposeA ? a.rows : a.cols;
      return `product ${sides} ${c.rows} x ${c.cols} x ${depth} (${a.buffer}, ${b.buffer})`;
    }
    case "activate":
    case "activationGradient":
    case "activationCurvature":
      return `${op.op} ${op.activation} ${op.into.rows} x ${op.into.cols}`;
    case "addScaled":
    case "multiply":
    case "softmaxTangent":
      return `${op.op} ${op.into.rows} x ${op.into.cols}`;
    case "crossEntropy":
    case "countCorrect":
      return `${op.op} ${op.logits.rows} x ${op.logits.cols}`;
    case "squaredError":
      return `${op.op} ${op.outputs.rows} x ${op.outputs.cols}`;
    case "dot":
      return `${op.op} ${op.a.rows} x ${op.a.cols} (${op.a.buffer}, ${op.b.buffer})`;
  }
}
