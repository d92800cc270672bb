import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const manifest = JSON.parse(readFileSync("package.json", "utf8"));

/** Every file that a tree of export conditions names. */
const targets = (node: unknown): string[] =>
  typeof node === "string" ? [node] : Object.values(node as object).flatMap(targets);

describe("package.json", () => {
  test("every file that it names is there after a build", () => {
    const named = [...targets(manifest.exports), ...targets(manifest.bin)];
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((path) => !existsSync(path))).toEqual([]);
  });

  test("types come first, so that no condition hides them", () => {
    for (const entry of Object.values(manifest.exports)) {
      if (typeof entry === "object") expect(Object.keys(entry as object)[0]).toBe("types");
    }
  });

  test("ESM only, no side effects, Node 20, MIT", () => {
    expect(manifest).toMatchObject({
      name: "ninscope",
      type: "module",
      sideEffects: false,
      engines: { node: ">=20" },
      license: "MIT",
    });
    expect(manifest.main).toBeUndefined();
    expect(readFileSync("LICENSE", "utf8")).toMatch(/^MIT License/);
  });

  test("nothing but what users need is published", () => {
    expect(manifest.files).toEqual(["dist", "LICENSE", "README.md"]);
  });

  test("what browsers load names nothing of Node's", () => {
    const imports = [
      ...readFileSync("dist/browser.js", "utf8").matchAll(/from\s*["']([^"']+)["']/g),
    ];
    expect(imports.map(([, name]) => name).filter((name) => name.startsWith("node:"))).toEqual([]);
  });

  test("the command has its interpreter's line", () => {
    expect(readFileSync("dist/cli.js", "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
  });
});
