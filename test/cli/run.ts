import { spawn } from "node:child_process";
import { vi } from "vitest";
import { runCli } from "../../ts/cli/program.js";

export interface Outcome {
  /** Null if a signal ended it. */
  readonly code: number | null;
  readonly signal?: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line in this process, so that its coverage is counted. */
export async function inProcess(
  args: readonly string[],
  signal = new AbortController().signal,
): Promise<Outcome> {
  const texts = { out: "", err: "" };
  const into = (name: "out" | "err") => (text: unknown) => {
    texts[name] += text;
    return true;
  };
  const spies = [
    vi.spyOn(process.stdout, "write").mockImplementation(into("out")),
    vi.spyOn(process.stderr, "write").mockImplementation(into("err")),
  ];
  try {
    return { code: await runCli(args, "1.2.3", { signal }), ...texts };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

export interface Child {
  readonly pid: number;
  readonly outcome: Promise<Outcome>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts the built command as its users do; `prefix` is a shell's words before it, `around` what starts that shell. */
export function asProcess(
  args: readonly string[],
  prefix = "",
  around: readonly string[] = [],
): Child {
  const words = [process.execPath, "dist/cli.js", ...args].map((word) => `'${word}'`).join(" ");
  const [command, ...rest] = [...around, "bash", "-c", `${prefix} exec ${words}`];
  const child = spawn(command, rest, {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const texts = { out: "", err: "" };
  child.stdout.on("data", (chunk) => {
    texts.out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    texts.err += chunk;
  });
  return {
    pid: child.pid as number,
    outcome: new Promise((done) =>
      child.on("close", (code, signal) => done({ code, signal, ...texts })),
    ),
    kill: (signal) => void child.kill(signal),
  };
}
