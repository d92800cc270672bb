import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Worker } from "node:worker_threads";
import { build } from "vite";

/** Bundles a worker's entry as the package does: a thread reads no TypeScript. */
async function bundled(entry: string, name: string): Promise<string> {
  await mkdir("build", { recursive: true });
  const folder = await mkdtemp("build/worker-");
  await build({
    configFile: false,
    logLevel: "silent",
    ssr: { noExternal: true },
    build: { ssr: entry, outDir: folder, rollupOptions: { output: { entryFileNames: name } } },
  });
  // Another test file may be using the one that is there.
  await rename(join(folder, name), join("build", name));
  await rm(folder, { recursive: true });
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
