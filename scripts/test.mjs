// Everything that must hold: style, types, floors, the package, then the tests. With --coverage it also counts which lines
// the tests reach.
// The last line is `N passed, N failed, N skipped`.
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { ensureBuilt } from "./ensureBuilt.mjs";

const bin = (name) => join("node_modules", ".bin", name);

const coverage = process.argv.includes("--coverage");
let passed = 0;
let failed = 0;
let skipped = 0;
const check = (name, ok, said = "") => {
  process.stdout.write(said);
  console.log(`${ok ? "ok" : "FAILED"}: ${name}`);
  if (ok) passed++;
  else failed++;
};

const folder = mkdtempSync(join(tmpdir(), "ninscope-test-"));
ensureBuilt();
// Packed once, without the build that each `npm pack` begins with.
const pack = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
const [{ filename }] = JSON.parse(execFileSync("npm", pack, { encoding: "utf8" }));
const tarball = join(folder, filename);

const kernels = ["kernels.wasm", "kernels-relaxed.wasm"];
const checks = [
  ["types", "tsc", "--noEmit"],
  ["formatting and lint", "biome", "check", "--error-on-warnings", "."],
  ["floors", "depcruise", "ts", "gpu", "lab", "--config", ".dependency-cruiser.cjs"],
  ["every public name documented, no broken link", "typedoc", "--emit", "none", "--disableSources"],
  ["publint", "publint", "run", tarball, "--strict"],
  [
    ...["are the types wrong", "attw", tarball, "--profile", "esm-only"],
    ...["--exclude-entrypoints", ...kernels],
  ],
];

async function checkNext() {
  const next = checks.shift();
  if (!next) return;
  const [name, command, ...args] = next;
  await new Promise((done) => {
    execFile(bin(command), args, { maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      check(name, !error, stdout + stderr);
      done();
    });
  });
  await checkNext();
}
await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, checkNext));

const report = join(folder, "report.json");
const run = (command, ...args) => spawnSync(command, args, { stdio: "inherit" }).status === 0;
const vitest = run(
  bin("vitest"),
  "run",
  ...(coverage ? ["--coverage"] : []),
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${report}`,
);
try {
  const result = JSON.parse(readFileSync(report, "utf8"));
  passed += result.numPassedTests;
  failed += result.numFailedTests;
  skipped += result.numPendingTests + result.numTodoTests;
  // Lists the failures again: a reader may see no more than the end of the log.
  for (const { name, assertionResults, message } of result.testResults) {
    const path = relative(process.cwd(), name);
    if (assertionResults.length === 0 && message) console.log(`FAILED: ${path}: ${message}`);
    for (const { status, fullName } of assertionResults)
      if (status === "failed") console.log(`FAILED: ${path}: ${fullName}`);
  }
  // A file that does not load has no tests that fail; a coverage below its threshold neither.
  check(`every test file ran${coverage ? ", coverage is above its threshold" : ""}`, vitest);
} catch {
  check("the tests ran", false);
}
rmSync(folder, { recursive: true, force: true });

const { version } = createRequire(import.meta.url)("../package.json");
console.log(`ninscope ${version} on Node ${process.version}`);
const tail = skipped > 0 ? `, ${skipped} skipped` : "";
console.log(`${passed} passed, ${failed} failed${tail}`);
process.exit(failed === 0 ? 0 : 1);
