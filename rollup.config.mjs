import { nodeResolve } from "@rollup/plugin-node-resolve";

// tsc has made build/js; what is bundled here are our own files alone, and what they import stays an import.
const external = (id) => !id.startsWith(".") && !id.startsWith("/");
// A worker's file stands alone: whoever moves it need not know what it imports.
const worker = (input, file, options) => ({
  input: `build/js/ts/jobs/pool/${input}`,
  external: (id) => id.startsWith("node:"),
  plugins: [nodeResolve(options)],
  output: { file: `dist/${file}`, format: "es", inlineDynamicImports: true },
});

const entries = {
  browser: "browser.js",
  "browser-store": "browser-store.js",
  probe: "probe.js",
  robustness: "robustness.js",
  tfjs: "tfjs.js",
  jax: "jax.js",
  node: "node/node.js",
  "probe-node": "node/probe.js",
  "robustness-node": "node/robustness.js",
};

export default [
  {
    // One build, so that all entries share their classes: an InputError is the same from every entry. Chunks lie beside
    // the worker files, which they find by their own address.
    input: {
      ...Object.fromEntries(
        Object.entries(entries).map(([name, file]) => [name, `build/js/ts/entries/${file}`]),
      ),
      cli: "build/js/ts/cli/bin.js",
    },
    external,
    plugins: [nodeResolve()],
    output: { dir: "dist", format: "es", chunkFileNames: "shared-[name].js" },
  },
  worker("ninscope-worker.js", "ninscope-worker.js", { browser: true }),
  worker("node/ninscope-worker.js", "ninscope-worker-node.mjs", { exportConditions: ["node"] }),
];
