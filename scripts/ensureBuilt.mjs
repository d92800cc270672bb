// Builds `dist/` unless it is newer than all that it is made of.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";

const SOURCES = [
  "ts",
  "assembly",
  "gpu",
  "lab",
  "scripts/build.mjs",
  "scripts/build-kernels.mjs",
].concat("rollup.config.mjs", "package.json");

export function ensureBuilt() {
  const sources = SOURCES.filter(existsSync)
    .flatMap(files)
    .filter((path) => !path.includes("embedded"));
  const newest = Math.max(...sources.map((path) => statSync(path).mtimeMs));
  if (existsSync("dist/cli.js") && statSync("dist/cli.js").mtimeMs > newest) return;
  execFileSync(process.execPath, ["scripts/build.mjs"], { stdio: ["ignore", "ignore", "inherit"] });
}

/** @param {string} path @returns {string[]} */
function files(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .map((name) => `${path}/${name}`)
    .filter((name) => statSync(name).isFile());
}
