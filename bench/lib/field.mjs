import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { slowBlas } from "./blas.mjs";
import { PATIENCE } from "./rounds.mjs";
import { Side } from "./side.mjs";

const here = (file) => fileURLToPath(new URL(`../${file}`, import.meta.url));

/** The command that starts a contestant written for Node; `flags` are flags of Node. */
export function nodeSide(name, file, args = [], { flags = [], cases } = {}) {
  return { name, cases, command: process.execPath, args: [...flags, here(file), ...args] };
}

/**
 * The command that starts a contestant written for Python with a module, on a number of BLAS threads. `environment` has
 * further variables for it.
 */
export function pythonSide(
  name,
  module,
  file,
  args = [],
  { threads = 1, cases, environment } = {},
) {
  const command = pythonWith(module);
  const env = {
    OPENBLAS_NUM_THREADS: threads,
    OMP_NUM_THREADS: 1,
    MKL_NUM_THREADS: threads,
    ...environment,
  };
  const missing = `no python3 here has ${module}: apt-get install python3-${module}, or pip install ${module}`;
  return command
    ? { name, cases, command, args: [here(file), ...args], env }
    : { name, cases, missing };
}

const imports = new Map();

/** The first Python that has both PyTorch and NumPy; otherwise the first that has the module; null if none has. */
export function pythonWith(module) {
  const candidates = [process.env.PYTHON, "python3", "/usr/bin/python3"].filter(Boolean);
  const has = (command, what) => {
    const key = `${command} ${what}`;
    const tried = () => spawnSync(command, ["-c", `import ${what}`]).status === 0;
    if (!imports.has(key)) imports.set(key, tried());
    return imports.get(key);
  };
  return (
    candidates.find((command) => has(command, "torch, numpy")) ??
    candidates.find((command) => has(command, module)) ??
    null
  );
}

/**
 * Starts contestants, passes them to `work`, and always ends them. A contestant that cannot start has `failed`, the
 * reason, instead of `side`.
 */
export async function withSides(starts, work) {
  const sides = [];
  try {
    for (const start of starts) sides.push(await started(start));
    return await work(sides);
  } finally {
    for (const { side } of sides) side?.end();
  }
}

async function started(start) {
  const { name, missing } = start;
  if (missing) return { name, failed: missing };
  try {
    const side = await Side.start(start, PATIENCE);
    const slow = slowBlas(side.ready);
    if (!slow) return { name, cases: start.cases, side };
    side.end();
    return { name, failed: slow };
  } catch (error) {
    return { name, failed: error.message };
  }
}
