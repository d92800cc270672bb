import type { Flavour } from "../../kernels/instance.js";
import type { ThreadExports, ThreadKernels } from "../../kernels/threadInstance.js";
import type { Program } from "../../program/ops.js";
import type { Machine } from "../machine.js";
import { allocated, WasmSession } from "../wasm.js";
import { encodeThreads, planThreads, type ThreadPlan } from "./plan.js";
import { constantly, type ThreadControl } from "./threadControl.js";
import { type StartHostThread, ThreadTeam } from "./threadTeam.js";

/**
 * The CPU machine on several threads: the same bits. Each session has its own threads, which share one memory. The calling
 * thread computes nothing.
 * @param control makes each session's choice of how many of the threads make a call; default: all do.
 */
export function threadedMachine(
  build: ThreadKernels,
  flavour: Flavour,
  threads: number,
  start: StartHostThread,
  control = () => constantly(threads),
): Machine {
  const open = (program: Program) => opened(build, program, control(), start);
  return { name: "wasm", flavour, threads, open };
}

/** A program's plan for some numbers of threads, and the memory that they share with an instance on it. */
export function laidOut(build: ThreadKernels, program: Program, numbers: readonly number[]) {
  const sizes = build.instantiate();
  const plan = planThreads(program, numbers, {
    base: sizes.heapBase(),
    workspaceBytes: sizes.workspaceBytes(),
    tile: { rows: sizes.tileRows(), cols: sizes.tileCols() },
  });
  const memory = allocated(
    plan.end,
    (pages) => new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }),
  );
  return { plan, memory, instance: build.instantiate(memory) };
}

async function opened(
  build: ThreadKernels,
  program: Program,
  control: ThreadControl,
  start: StartHostThread,
): Promise<ThreadedSession> {
  const { plan, memory, instance } = laidOut(build, program, control.numbers);
  const { module } = build;
  // Threads make their instances, which write the module's own data, before anything is in the memory.
  const team = await ThreadTeam.start(
    { module, memory, shared: plan.shared },
    plan.workspaces,
    start,
  );
  try {
    const session = new ThreadedSession(instance, program, plan, team, control);
    encodeThreads(plan, new DataView(memory.buffer));
    return session;
  } catch (error) {
    team.end();
    throw error;
  }
}

class ThreadedSession extends WasmSession {
  readonly #program: Program;
  readonly #plan: ThreadPlan;
  readonly #team: ThreadTeam;
  readonly #control: ThreadControl;

  constructor(
    instance: ThreadExports,
    program: Program,
    plan: ThreadPlan,
    team: ThreadTeam,
    control: ThreadControl,
  ) {
    super(instance, program);
    this.#program = program;
    this.#plan = plan;
    this.#team = team;
    this.#control = control;
  }

  get remark(): string | undefined {
    return this.#control.remark;
  }

  override dispose(): void {
    super.dispose();
    this.#team.end();
  }

  protected override async pass(
    name: string,
    replica: number,
    first: number,
    count: number,
  ): Promise<void> {
    const threads = this.#control.next(name);
    const list = this.#plan.lists.get(threads)?.get(name);
    if (!list) throw new Error(`${threads} threads have no list ${name}`);
    const { addresses, length } = list;
    const { slots } = this.#program.lists[name];
    const { trace } = this.#plan.arena;
    const start = performance.now();
    const part = { list: addresses[replica], length, first, count, trace, slots };
    await this.#team.run({ threads, ...part });
    this.#control.took(name, count, (performance.now() - start) / 1000);
  }
}
