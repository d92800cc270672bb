// Everything that must hold: style, types, floors, the package, then the tests with their coverage.
// The last line is `N passed, N failed, N skipped`.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const bin = (name) => join("node_modules", ".bin", name);
const run = (command, ...args) => spawnSync(command, args, { stdio: "inherit" }).status === 0;

let passed = 0;
let failed = 0;
let skipped = 0;
const check = (name, ok) => {
  console.log(`${ok ? "ok" : "FAILED"}: ${name}`);
  if (ok) passed++;
  else failed++;
};

check("formatting and lint", run(bin("biome"), "check", "--error-on-warnings", "."));
check("types", run(bin("tsc"), "--noEmit"));
check("floors", run(bin("depcruise"), "ts", "gpu", "--config", ".dependency-cruiser.cjs"));
check("every public name documented, no broken link", run(bin("typedoc"), "--emit", "none"));
check("publint", run(bin("publint"), "--strict"));
const files = ["kernels.wasm", "kernels-relaxed.wasm"];
check(
  "are the types wrong",
  run(bin("attw"), "--pack", ".", "--profile", "esm-only", "--exclude-entrypoints", ...files),
);

const folder = mkdtempSync(join(tmpdir(), "ninscope-test-"));
const report = join(folder, "report.json");
const vitest = run(
  bin("vitest"),
  "run",
  "--coverage",
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${report}`,
);
try {
  const result = JSON.parse(readFileSync(report, "utf8"));
  passed += result.numPassedTests;
  failed += result.numFailedTests;
  skipped += result.numPendingTests + result.numTodoTests;
  // A file that does not load has no tests that fail; a coverage below its threshold neither.
  check("every test file ran, coverage is above its threshold", vitest);
} catch {
  check("the tests ran", false);
}
rmSync(folder, { recursive: true, force: true });

const { version } = createRequire(import.meta.url)("../package.json");
console.log(`ninscope ${version} on Node ${process.version}`);
const tail = skipped > 0 ? `, ${skipped} skipped` : "";
console.log(`${passed} passed, ${failed} failed${tail}`);
process.exit(failed === 0 ? 0 : 1);
