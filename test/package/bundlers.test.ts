import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { build as esbuild } from "esbuild";
import { build as vite } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import webpack from "webpack";
import { chromiumPath, ELSEWHERE, inChromium } from "../golden/chromium.js";
import { RUNS } from "../golden/runs.js";

const run = promisify(execFile);
const require = createRequire(import.meta.url);

/** Trains by itself and in a sweep, on `workers` if they are given; says what it found, or which error was met. */
const PROGRAM = `
import { hashRuns, sweep, train } from "ninscope";

const EXPERIMENT = ${JSON.stringify(RUNS.relu)};

export async function hashes(options = {}) {
  try {
    const runs = [await train(EXPERIMENT)];
    for await (const run of sweep({ ...EXPERIMENT, sweep: { seed: [0] } }, options)) runs.push(run);
    return await Promise.all(
      runs.map(({ trajectory }) => {
        // The golden hash of a run is of its losses, accuracies and norms.
        const { memory, kick, ...steps } = trajectory.steps;
        const { memory: evaluated, ...evaluations } = trajectory.evaluations;
        return hashRuns([{ experiment: "relu", trajectory: { steps, evaluations } }]);
      }),
    );
  } catch (error) {
    return [error.name, error.message];
  }
}
`;
/** The same as a program of its own, whose first argument is the number of workers. */
const ENTRY = `
import { hashes } from "./program.js";
const [, , workers] = process.argv;
hashes(workers && { workers: Number(workers) }).then((found) => console.log(JSON.stringify(found)));
`;
/** The worker's file comes from the package itself: what a bundle does whose bundler loses it. */
const SPAWNING = `
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { hashes } from "./program.js";
const file = createRequire(process.argv[1]).resolve("ninscope/worker");
let spawned = 0;
const spawn = () => (spawned++, new Worker(file));
hashes({ workers: 1, spawn }).then((found) => console.log(JSON.stringify([...found, spawned])));
`;

describe("bundled, the package gives the golden hash", () => {
  let folder: string;
  let golden: [string, string];

  beforeAll(async () => {
    const { relu } = JSON.parse(await readFile("test/golden/hashes.json", "utf8"));
    golden = [relu, relu];
    folder = await mkdtemp(join(tmpdir(), "ninscope-bundlers-"));
    const own = join(folder, "node_modules", "ninscope");
    await mkdir(own, { recursive: true });
    for (const name of ["dist", "package.json"]) {
      await cp(name, join(own, name), { recursive: true });
    }
    // Its dependencies alone are there, none of the optional packages.
    const { dependencies } = JSON.parse(await readFile("package.json", "utf8"));
    for (const name of Object.keys(dependencies)) {
      const place = join(folder, "node_modules", name);
      await mkdir(dirname(place), { recursive: true });
      await symlink(resolve("node_modules", name), place);
    }
    await writeFile(join(folder, "package.json"), '{ "private": true }\n');
    const texts = { "program.js": PROGRAM, "entry.js": ENTRY, "spawning.js": SPAWNING };
    for (const [name, text] of Object.entries(texts)) await writeFile(join(folder, name), text);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function node(path: string, ...args: string[]): Promise<unknown> {
    const { stdout } = await run(process.execPath, [join(folder, path), ...args]);
    return JSON.parse(stdout);
  }

  const LOST =
    "ninscope-worker-node.mjs is not next to this bundle, and workers need it: pass `spawn`, or `workers: 0` to run on this thread";

  describe.each(["esm", "cjs"] as const)("esbuild, %s", (format) => {
    const extension = format === "esm" ? "mjs" : "cjs";
    const bundle = (entry: string, outfile: string) =>
      esbuild({
        entryPoints: [join(folder, entry)],
        outfile: join(folder, outfile),
        bundle: true,
        format,
        platform: "node",
        logLevel: "error",
      });

    test("on the program's thread; workers that were asked for are missed in a line", async () => {
      const outfile = `esbuild/entry.${extension}`;
      await bundle("entry.js", outfile);
      expect(await node(outfile)).toEqual(golden);
      expect(await node(outfile, "1")).toEqual(["RunError", LOST]);
    });

    test("on workers of the package's own file", async () => {
      const outfile = `esbuild/spawning.${extension}`;
      await bundle("spawning.js", outfile);
      expect(await node(outfile)).toEqual([...golden, 1]);
    });
  });

  test.each(["esm", "cjs"])("Vite for Node, %s", async (format) => {
    const outDir = join(folder, "vite", format);
    const entryFileNames = `entry.${format === "esm" ? "mjs" : "cjs"}`;
    await vite({
      root: folder,
      configFile: false,
      logLevel: "error",
      ssr: { noExternal: true },
      build: {
        ssr: "entry.js",
        outDir,
        rollupOptions: {
          external: ["webgpu"],
          output: { format: format as "esm" | "cjs", entryFileNames },
        },
      },
    });
    expect(await node(`vite/${format}/${entryFileNames}`)).toEqual(golden);
  });

  const webpacked = (config: webpack.Configuration) =>
    new Promise<void>((done, fail) => {
      webpack({ context: folder, mode: "none", ...config }, (error, stats) =>
        error || stats?.hasErrors() ? fail(error ?? new Error(stats?.toString())) : done(),
      );
    });

  test("webpack for Node, ESM, on a worker", async () => {
    await webpacked({
      target: "node",
      entry: "./entry.js",
      experiments: { outputModule: true },
      output: { path: join(folder, "webpack-esm"), filename: "entry.mjs", module: true },
    });
    expect(await node("webpack-esm/entry.mjs", "1")).toEqual(golden);
  });

  test("webpack for Node, CommonJS, on a worker", async () => {
    await webpacked({
      target: "node",
      entry: "./entry.js",
      output: { path: join(folder, "webpack-cjs"), filename: "entry.cjs" },
    });
    expect(await node("webpack-cjs/entry.cjs", "1")).toEqual(golden);
  });

  const pages: [string, () => Promise<string>][] = [
    [
      "webpack",
      async () => {
        await webpacked({
          target: "web",
          entry: "./program.js",
          experiments: { outputModule: true },
          output: {
            path: join(folder, "webpack-web"),
            filename: "program.mjs",
            chunkFilename: "[name].js",
            module: true,
            library: { type: "module" },
          },
        });
        return "webpack-web/program.mjs";
      },
    ],
    [
      "esbuild",
      async () => {
        await esbuild({
          entryPoints: [join(folder, "program.js")],
          outdir: join(folder, "esbuild-web"),
          bundle: true,
          splitting: true,
          format: "esm",
          outExtension: { ".js": ".mjs" },
          logLevel: "error",
        });
        return "esbuild-web/program.mjs";
      },
    ],
  ];
  test.skipIf(chromiumPath() === null).each(pages)(
    "%s for pages, over plain http",
    async (_, bundle) => {
      const found = await inChromium(join(folder, await bundle()), "hashes", [], ELSEWHERE);
      expect(found).toEqual(golden);
    },
  );

  /** What Jest says of a test of the program. */
  async function jest(config: object, file: string, text: string, options = ""): Promise<string> {
    await writeFile(join(folder, file), text);
    await writeFile(
      join(folder, "jest.config.json"),
      JSON.stringify({ rootDir: folder, testRegex: [file], ...config }),
    );
    const bin = require.resolve("jest/bin/jest");
    const args = [bin, "--config", join(folder, "jest.config.json"), "--runInBand", "--no-cache"];
    const env = { ...process.env, NODE_OPTIONS: options };
    const { stderr } = await run(process.execPath, args, { cwd: folder, env });
    return stderr;
  }

  test("Jest with its flag for ES modules", async () => {
    const text = `
import { hashes } from "./program.mjs";
test("hash", async () => expect(await hashes()).toEqual(${JSON.stringify(golden)}));`;
    await writeFile(join(folder, "program.mjs"), PROGRAM);
    const config = { transform: {}, moduleFileExtensions: ["mjs", "js"] };
    const said = await jest(config, "flag.test.mjs", text, "--experimental-vm-modules");
    expect(said).toMatch(/Tests: +1 passed, 1 total/);
  });

  test("Jest with a transform to CommonJS", async () => {
    const text = `
const { hashes } = require("./program.js");
test("hash", async () => expect(await hashes()).toEqual(${JSON.stringify(golden)}));`;
    const transformer = `
const { transformSync } = require(${JSON.stringify(require.resolve("esbuild"))});
exports.process = (source) =>
  transformSync(source, { format: "cjs", supported: { "dynamic-import": false }, logLevel: "error" });`;
    await writeFile(join(folder, "toCommonJs.js"), transformer);
    const config = {
      transform: { "\\.m?js$": "<rootDir>/toCommonJs.js" },
      transformIgnorePatterns: [],
    };
    expect(await jest(config, "transform.test.js", text)).toMatch(/Tests: +1 passed, 1 total/);
  });
});
