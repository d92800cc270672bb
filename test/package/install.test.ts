import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inChromium } from "../golden/chromium.js";

const run = promisify(execFile);

/** What a bundle for browsers may weigh, gzipped, kernels included. */
const BUDGET = 60_000;

const PROGRAM = `import { hashRuns, train } from "ninscope";

export async function hash() {
  const result = await train({
    network: { layers: [32, 32] },
    noise: [{ sigma: 2 }],
    data: { name: "gaussian-mixture", inputs: 20, classes: 3, train: 120, test: 60 },
    optimizer: { batchSize: 20 },
    epochs: 5,
  });
  return hashRuns([result]);
}
`;

const TYPED = `import { type Phase, type RunResult, train, InputError } from "ninscope";

export async function phaseOf(sigma: number): Promise<Phase> {
  try {
    const result: RunResult = await train({ noise: [{ sigma }] }, { backend: "reference" });
    return result.phase;
  } catch (error) {
    if (error instanceof InputError) throw new Error(error.field);
    throw error;
  }
}
// @ts-expect-error: the types know what a layer is.
train({ network: { layers: "wide" } });
`;

describe("the packed package in an empty project", () => {
  let folder: string;
  let hash: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "ninscope-install-"));
    const pack = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
    const { stdout } = await run("npm", pack);
    const [{ filename }] = JSON.parse(stdout);
    await writeFile(join(folder, "package.json"), '{ "type": "module", "private": true }\n');
    const quiet = ["--no-audit", "--no-fund", "--prefer-offline", "--omit=optional"];
    await run("npm", ["install", ...quiet, join(folder, filename)], { cwd: folder });
    await writeFile(join(folder, "program.js"), PROGRAM);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("Node runs it, and ends by itself", async () => {
    const script = 'import("./program.js").then(async (m) => console.log(await m.hash()))';
    const { stdout } = await run(process.execPath, ["-e", script], { cwd: folder });
    hash = stdout.trim();
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
  });

  test("the command runs", async () => {
    const bin = join(folder, "node_modules", ".bin", "ninscope");
    const { version } = JSON.parse(await readFile("package.json", "utf8"));
    expect((await run(bin, ["--version"])).stdout.trim()).toBe(version);
    const { stdout } = await run(bin, ["phases", "--sigma", "1:8:3", "--seeds", "1", "--json"]);
    expect(JSON.parse(stdout).cells).toHaveLength(3);
  });

  test.each([
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ])("its types hold in a strict project, module %s, resolution %s", async (module, resolution) => {
    await writeFile(join(folder, "typed.ts"), TYPED);
    const tsc = resolve("node_modules/typescript/bin/tsc");
    const options = ["--module", module, "--moduleResolution", resolution, "--lib", "es2023,dom"];
    // TypeScript's own declarations are not under test.
    const strict = ["--noEmit", "--strict", "--skipDefaultLibCheck", "--target", "es2022"];
    const args = [tsc, ...strict, ...options];
    const { stdout } = await run(process.execPath, [...args, "typed.ts"], { cwd: folder }).catch(
      (error) => error,
    );
    expect(stdout).toBe("");
  });

  /** Bundles a file of the project for browsers; returns the bundle's path. */
  async function bundled(entry: string): Promise<string> {
    const outDir = join(folder, "bundles", entry);
    await build({
      root: folder,
      configFile: false,
      logLevel: "error",
      build: {
        outDir,
        lib: { entry: join(folder, entry), formats: ["es"], fileName: () => entry },
        minify: "esbuild",
        target: "es2022",
      },
    });
    const names = await readdir(outDir, { recursive: true });
    // The worker is a file of its own, wherever the bundler puts it.
    expect(names.filter((name) => /ninscope-worker.*\.js$/.test(name))).toHaveLength(1);
    return join(outDir, entry);
  }

  /** A module and all that it imports at once; what it loads on demand (the GPU's kernels, workers) is not counted. */
  async function loaded(path: string, seen = new Set<string>()): Promise<Buffer[]> {
    if (seen.has(path)) return [];
    seen.add(path);
    const text = await readFile(path);
    const imported = [...text.toString().matchAll(/(?:from|import)\s*"(\.[^"]+)"/g)];
    const rest = await Promise.all(
      imported.map(([, name]) => loaded(join(dirname(path), name), seen)),
    );
    return [text, ...rest.flat()];
  }

  test("all of it is within the budget of a browser's bundle", async () => {
    await writeFile(join(folder, "whole.js"), 'export * from "ninscope";\n');
    const entry = await bundled("whole.js");
    const size = gzipSync(Buffer.concat(await loaded(entry)), { level: 9 }).length;
    console.log(`the whole of ninscope for browsers: ${size} bytes, gzipped`);
    expect(size).toBeLessThan(BUDGET);
  });

  test("bundled by Vite it gives Node's bits in Chromium", async ({ skip }) => {
    const found = await inChromium(await bundled("program.js"), "hash");
    if (found === null) skip("no Chromium: set NINSCOPE_CHROMIUM to its path");
    expect(found).toBe(hash);
  });
});
