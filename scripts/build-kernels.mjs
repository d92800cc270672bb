// Compiles assembly/ for both targets and embeds the bytes, so that no bundler can lose them. They are deflated first:
// what serves a page cannot compress base64 well.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { deflateSync } from "node:zlib";
import asc from "assemblyscript/asc";

mkdirSync("build", { recursive: true });
for (const [target, file, embedded] of [
  ["baseline", "build/kernels.wasm", "ts/kernels/embedded.ts"],
  // In a file of its own: it is loaded only where it is asked for.
  ["relaxed", "build/kernels-relaxed.wasm", "ts/kernels/embeddedRelaxed.ts"],
]) {
  const { error, stderr } = await asc.main(["--config", "asconfig.json", "--target", target]);
  process.stderr.write(stderr.toString());
  if (error) process.exit(1);
  const bytes = readFileSync(file);
  writeFileSync(
    embedded,
    `// Made by scripts/build-kernels.mjs from assembly/. Do not edit.\nexport const BYTES =\n  "${deflateSync(bytes, { level: 9 }).toString("base64")}";\n`,
  );
  console.log(`${file}: ${bytes.length} bytes`);
}
