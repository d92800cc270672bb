import { nodeResolve } from "@rollup/plugin-node-resolve";

// tsc has made build/js; what is bundled here are our own files alone, and what they import stays an import.
const external = (id) => !id.startsWith(".") && !id.startsWith("/");
const bundle = (input, file) => ({
  input: `build/js/ts/${input}`,
  external,
  plugins: [nodeResolve()],
  // What is loaded on demand (the GPU's kernels) lies beside.
  output: {
    dir: "dist",
    entryFileNames: file,
    chunkFileNames: `${file.replace(/\.js$/, "")}-[name].js`,
    format: "es",
  },
});

// A worker's file stands alone: whoever moves it need not know what it imports.
const worker = (input, file, options) => ({
  input: `build/js/ts/jobs/pool/${input}`,
  external: (id) => id.startsWith("node:"),
  plugins: [nodeResolve(options)],
  output: { file: `dist/${file}`, format: "es", inlineDynamicImports: true },
});

export default [
  {
    // Two entries that share their classes.
    input: { browser: "build/js/ts/index.js", "browser-store": "build/js/ts/browserStore.js" },
    external,
    plugins: [nodeResolve()],
    output: { dir: "dist", format: "es", chunkFileNames: "browser-[name].js" },
  },
  bundle("node.js", "node.js"),
  bundle("probe.js", "probe.js"),
  bundle("cli/main.js", "cli.js"),
  worker("ninscope-worker.js", "ninscope-worker.js", { browser: true }),
  worker("node/ninscope-worker.js", "ninscope-worker-node.js", { exportConditions: ["node"] }),
];
