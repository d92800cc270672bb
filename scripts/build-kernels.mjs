// Compiles assembly/ for both targets and embeds the bytes, so that no bundler can lose them.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import asc from "assemblyscript/asc";

mkdirSync("build", { recursive: true });
const constants = [];
for (const [target, file, name] of [
  ["baseline", "build/kernels.wasm", "BASELINE"],
  ["relaxed", "build/kernels-relaxed.wasm", "RELAXED"],
]) {
  const { error, stderr } = await asc.main(["--config", "asconfig.json", "--target", target]);
  process.stderr.write(stderr.toString());
  if (error) process.exit(1);
  const bytes = readFileSync(file);
  constants.push(`export const ${name} =\n  "${bytes.toString("base64")}";\n`);
  console.log(`${file}: ${bytes.length} bytes`);
}
writeFileSync(
  "ts/kernels/embedded.ts",
  `// Made by scripts/build-kernels.mjs from assembly/. Do not edit.\n${constants.join("")}`,
);
