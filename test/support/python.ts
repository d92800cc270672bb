import { spawnSync } from "node:child_process";

/** A Python that has PyTorch and NumPy; null if there is none, which is a failure in CI. */
export function pythonWithTorch(): string | null {
  const candidates = [process.env.PYTHON, "python3", "/usr/bin/python3"].filter(
    (command) => command !== undefined,
  );
  const found = candidates.find(
    (command) => spawnSync(command, ["-c", "import torch, numpy"]).status === 0,
  );
  if (!found && process.env.CI) throw new Error(`no PyTorch in ${candidates.join(", ")}`);
  return found ?? null;
}
