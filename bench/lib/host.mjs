import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem, type } from "node:os";
import { fileURLToPath } from "node:url";
import { pythonWith } from "./field.mjs";
import { processor } from "./processor.mjs";

/** Describes the machine that was measured. */
export function describeHost() {
  const [{ model }] = cpus();
  return {
    cpu: model.trim(),
    cores: cpus().length,
    ...processor(),
    caches: caches(),
    memoryBytes: totalmem(),
    system: `${type()} ${release()}`,
    node: process.versions.node,
    v8: process.versions.v8,
    peers: peers(),
    commit: commit(),
    loadBefore: loadavg(),
  };
}

/** The data caches of the first core: level and bytes. */
function caches() {
  const folder = "/sys/devices/system/cpu/cpu0/cache";
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.startsWith("index"))
    .map((name) => (file) => readFileSync(`${folder}/${name}/${file}`, "utf8").trim())
    .filter((read) => read("type") !== "Instruction")
    .map((read) => ({ level: Number(read("level")), bytes: bytesOf(read("size")) }))
    .sort((a, b) => a.level - b.level);
}

function bytesOf(size) {
  const unit = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }[size.at(-1)] ?? 1;
  return Number.parseInt(size, 10) * unit;
}

function peers() {
  return { ...packages(), python: python() };
}

function packages() {
  const folder = fileURLToPath(new URL("../node_modules", import.meta.url));
  const names = ["@jax-js/jax", "@tensorflow/tfjs", "@tensorflow/tfjs-backend-wasm"];
  const version = (name) => {
    const file = `${folder}/${name}/package.json`;
    return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).version : null;
  };
  return Object.fromEntries(names.map((name) => [name, version(name)]));
}

/** The Python of the contestants, the versions of its packages, and its BLAS; null if there is no Python. */
function python() {
  const command = pythonWith("numpy");
  if (!command) return null;
  const script = fileURLToPath(new URL("../peers/versions.py", import.meta.url));
  const { status, stdout } = spawnSync(command, [script], { encoding: "utf8" });
  return status === 0 ? { command, ...JSON.parse(stdout) } : { command };
}

/** Reasons why peers on this host may be slower than they could be, one line each. */
export function handicaps() {
  const { OPENBLAS_CORETYPE } = process.env;
  if (!OPENBLAS_CORETYPE) return [];
  return [
    `OPENBLAS_CORETYPE=${OPENBLAS_CORETYPE} holds OpenBLAS to the kernels of that processor: unset it unless it has to be`,
  ];
}

function commit() {
  try {
    const options = { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] };
    return execFileSync("git", ["rev-parse", "HEAD"], options).trim();
  } catch {
    return null;
  }
}
