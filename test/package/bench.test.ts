import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";

const BUILT = /import \{([^}]*)\} from "(\.[^"]*\/(?:dist|build\/js)\/[^"]+)"/g;

/** What a file imports from the build: the module's path and the names. */
function importsOf(file: string): { path: string; names: string[] }[] {
  const text = readFileSync(file, "utf8");
  return [...text.matchAll(BUILT)].map(([, names, path]) => ({
    path: resolve(dirname(file), path),
    names: names.split(",").flatMap((name) => name.trim().split(/ as /)[0] || []),
  }));
}

// Benchmarks are JavaScript, which no compiler checks, and run by hand.
test("the build has every name that a benchmark imports", async () => {
  const files = readdirSync("bench", { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".mjs") && !name.includes("node_modules"))
    .map((name) => join("bench", name));
  const imports = files.flatMap((file) => importsOf(file).map((one) => ({ file, ...one })));
  expect(imports.length).toBeGreaterThan(20);
  for (const { file, path, names } of imports) {
    const found = await import(pathToFileURL(path).href);
    for (const name of names) expect(found, `${file} imports ${name}`).toHaveProperty(name);
  }
});
