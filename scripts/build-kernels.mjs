// Compiles assembly/ for each target and embeds the bytes, so that no bundler can lose them. They are deflated first:
// what serves a page cannot compress base64 well. Digests of the kernels are embedded too, which runs are known by.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { deflateSync } from "node:zlib";
import asc from "assemblyscript/asc";

const NOTE = "// Made by scripts/build-kernels.mjs. Do not edit.";
const digests = {};
mkdirSync("build", { recursive: true });
for (const [target, file, embedded, entry = "assembly/index.ts"] of [
  ["baseline", "build/kernels.wasm", "ts/kernels/embedded.ts"],
  // In files of their own: they are loaded only where they are asked for.
  ["relaxed", "build/kernels-relaxed.wasm", "ts/kernels/embeddedRelaxed.ts"],
  ["wide", "build/kernels-wide.wasm", "ts/kernels/embeddedWide.ts"],
  // The same three over memory that threads share.
  ...["baseline", "relaxed", "wide"].map((build) => [
    `${build}-threads`,
    `build/kernels-${build}-threads.wasm`,
    `ts/kernels/embedded${build[0].toUpperCase()}${build.slice(1)}Threads.ts`,
    "assembly/threads.ts",
  ]),
]) {
  const { error, stderr } = await asc.main([
    entry,
    ...["--config", "asconfig.json", "--target", target],
  ]);
  process.stderr.write(stderr.toString());
  if (error) process.exit(1);
  const bytes = readFileSync(file);
  writeFileSync(
    embedded,
    `${NOTE}\nexport const BYTES =\n  "${deflateSync(bytes, { level: 9 }).toString("base64")}";\n`,
  );
  digests[target] = createHash("sha256").update(bytes).digest("hex");
  console.log(`${file}: ${bytes.length} bytes`);
}
// The wide module makes the bits of the relaxed one, and those for threads make the bits of the others: their digests stand
// for all.
writeFileSync(
  "ts/kernels/embeddedDigests.ts",
  `${NOTE}\n/** SHA-256 of the embedded modules. */\nexport const DIGESTS = {\n  baseline: "${digests.baseline}",\n  relaxed: "${digests.relaxed}",\n} as const;\n`,
);

const shaders = createHash("sha256");
for (const file of readdirSync("gpu").sort()) shaders.update(readFileSync(`gpu/${file}`));
writeFileSync(
  "ts/backend/webgpu/embeddedDigest.ts",
  `${NOTE}\n/** SHA-256 of the sources in gpu/, in the order of their names. */\nexport const SHADERS = "${shaders.digest("hex")}";\n`,
);
