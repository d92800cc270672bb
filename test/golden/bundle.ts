import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";

/** Bundles `runs.ts` with all that it needs into one file, for hosts that read no TypeScript. */
export async function bundledRuns(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "ninscope-golden-"));
  await build({
    configFile: false,
    logLevel: "warn",
    worker: { format: "es" },
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: "es2022",
      minify: false,
      lib: { entry: "test/golden/runs.ts", formats: ["es"], fileName: () => "runs.mjs" },
    },
  });
  return join(folder, "runs.mjs");
}
