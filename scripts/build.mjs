// The whole build: kernels, type check and declarations, bundles.
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const run = (...args) => execFileSync(process.execPath, args, { stdio: "inherit" });

rmSync("dist", { recursive: true, force: true });
rmSync("build/js", { recursive: true, force: true });
run("scripts/build-kernels.mjs");
run(require.resolve("typescript/bin/tsc"), "-p", "tsconfig.build.json");
run(require.resolve("rollup/dist/bin/rollup"), "-c", "--silent");
// The page of `ninscope lab`.
run("node_modules/vite/bin/vite.js", "build", "--config", "lab/vite.config.mjs");
copyFileSync("build/kernels.wasm", "dist/kernels.wasm");
copyFileSync("build/kernels-relaxed.wasm", "dist/kernels-relaxed.wasm");
chmodSync("dist/cli.js", 0o755);
