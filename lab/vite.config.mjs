import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { serviceWorker } from "./serviceWorker.mjs";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  // Relative addresses: the page works in any folder of any static host.
  base: "./",
  logLevel: "warn",
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  // The build of linkedom for workers, which looks for no canvas of Node's.
  resolve: { alias: [{ find: /^linkedom$/, replacement: "linkedom/worker" }] },
  worker: { format: "es" },
  plugins: [serviceWorker()],
  build: {
    outDir: fileURLToPath(new URL("../dist/lab", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    // The page's security policy allows no inline data and no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
