import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

const SOURCE = new URL("./service-worker.js", import.meta.url);

/** Puts the service worker beside the page, with the list of the files that it keeps. */
export function serviceWorker() {
  return {
    name: "service-worker",
    apply: "build",
    enforce: "post",
    async generateBundle(_options, bundle) {
      const names = Object.keys(bundle).sort();
      const digest = createHash("sha256");
      for (const name of names) {
        const file = bundle[name];
        digest.update(name).update(file.type === "chunk" ? file.code : file.source);
      }
      const files = ["./", "./index.html", "./icon.svg", ...names.map((name) => `./${name}`)];
      const source = (await readFile(SOURCE, "utf8"))
        .replace("__FILES__", JSON.stringify([...new Set(files)]))
        .replace("__DIGEST__", digest.digest("hex").slice(0, 16));
      this.emitFile({ type: "asset", fileName: "service-worker.js", source });
    },
  };
}
