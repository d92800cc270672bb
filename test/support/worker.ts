import { randomUUID } from "node:crypto";
import { rename } from "node:fs/promises";
import { resolve } from "node:path";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";

/** Bundles a worker's entry into one file, as the package does: a thread reads no TypeScript. */
async function bundled(entry: string, name: string): Promise<string> {
  const own = `build/${randomUUID()}.js`;
  await build({
    entryPoints: [entry],
    outfile: own,
    bundle: true,
    format: "esm",
    platform: "node",
    logLevel: "error",
  });
  // Another test file may be using the one that is there.
  await rename(own, `build/${name}`);
  return resolve("build", name);
}

/** Makes threads of the worker as it stands in the sources, and keeps those that run, to be counted or killed. */
export async function threads(): Promise<{ spawn: () => Worker; alive: Set<Worker> }> {
  const path = await bundled("ts/jobs/pool/node/ninscope-worker.ts", "test-worker-node.js");
  const alive = new Set<Worker>();
  const spawn = () => {
    const worker = new Worker(path);
    alive.add(worker);
    worker.on("exit", () => alive.delete(worker));
    return worker;
  };
  return { spawn, alive };
}
