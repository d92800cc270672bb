import { join } from "node:path";
import { build as esbuild } from "esbuild";
import { build } from "vite";

/** Each file has one bundle, which the next one replaces. */
const folderOf = (entry: string) => join("build", "bundles", entry.replace(/\W+/g, "-"));

/** Bundles a file (`runs.ts` here) with all that it needs, for hosts that read no TypeScript. */
export async function bundledRuns(entry = "test/golden/runs.ts"): Promise<string> {
  const folder = folderOf(entry);
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

/** The same for Node alone: what it imports of Node's stays an import. */
export async function bundledForNode(entry: string): Promise<string> {
  const outfile = join(folderOf(entry), "runs.mjs");
  const shape = { bundle: true, format: "esm", platform: "node", logLevel: "error" } as const;
  await esbuild({ entryPoints: [entry], outfile, ...shape });
  return outfile;
}
