// Compiles assembly/ for each target and embeds the bytes, so that no bundler can lose them. They are deflated first:
// what serves a page cannot compress base64 well.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { deflateSync } from "node:zlib";
import asc from "assemblyscript/asc";

mkdirSync("build", { recursive: true });
for (const [target, file, embedded] of [
  ["baseline", "build/kernels.wasm", "ts/kernels/embedded.ts"],
  // In files of their own: they are loaded only where they are asked for.
  ["relaxed", "build/kernels-relaxed.wasm", "ts/kernels/embeddedRelaxed.ts"],
  ["wide", "build/kernels-wide.wasm", "ts/kernels/embeddedWide.ts"],
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
