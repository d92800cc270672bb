import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
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

  test("types come first, so that no condition hides them; browsers get no types of Node's", () => {
    for (const [name, entry] of Object.entries(manifest.exports)) {
      if (typeof entry === "string") continue;
      const { node, ...others } = entry as Record<string, unknown>;
      const leaves = "types" in others ? [others] : [node, others.default];
      for (const leaf of leaves) expect(Object.keys(leaf as object)[0], name).toBe("types");
      expect(targets(others).filter((path) => /\/node\//.test(path))).toEqual([]);
    }
  });

  test("all entries share their classes", async () => {
    const entries = ["browser", "node", "probe", "probe-node", "browser-store", "tfjs", "jax"];
    entries.push("robustness", "robustness-node");
    const loaded = await Promise.all(entries.map((name) => import(resolve(`dist/${name}.js`))));
    const [browser, node, probe, probeNode] = loaded;
    expect(node.InputError).toBe(browser.InputError);
    for (const { probe: run } of [probe, probeNode]) {
      await expect(run({ epochs: -1 })).rejects.toBeInstanceOf(node.InputError);
    }
    for (const { corrupt } of loaded.slice(-2)) {
      expect(() => corrupt(new Float32Array(784), "none", 3)).toThrow(node.InputError);
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
