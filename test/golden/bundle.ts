import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";

/** Bundles a file (`runs.ts` here) with all that it needs, for hosts that read no TypeScript. */
export async function bundledRuns(entry = "test/golden/runs.ts"): Promise<string> {
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
      lib: { entry, formats: ["es"], fileName: () => "runs.mjs" },
    },
  });
  return join(folder, "runs.mjs");
}
