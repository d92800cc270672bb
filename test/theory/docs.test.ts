import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const docs = readFileSync("docs/theory.md", "utf8");

test("every equation of docs/theory.md stands beside a function that there is", () => {
  const places = [...docs.matchAll(/`(\w+)` in\s+`(ts\/[\w/]+\.ts)`/g)];
  expect(places.length).toBeGreaterThan(30);
  for (const [, name, file] of places) {
    const exported = new RegExp(`export (async )?(function|class|const) ${name}\\b`);
    expect(readFileSync(file, "utf8"), `${name} in ${file}`).toMatch(exported);
  }
});

test("what it is held to is a file that there is", () => {
  const files = [...docs.matchAll(/`((test|assembly)\/[\w/.]+\.ts)`/g)].map(([, file]) => file);
  expect(files.length).toBeGreaterThan(10);
  for (const file of files) expect(existsSync(file), file).toBe(true);
});
