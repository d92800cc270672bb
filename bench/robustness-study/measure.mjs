import { spawnSync } from "node:child_process";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const CLI = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
/** What the command says of a network whose training diverged. */
const DIVERGED = /left the finite numbers/;

/**
 * `ninscope robustness` on some experiments; what an earlier call measured in this folder is read.
 * @throws Error with what the command said, if it failed.
 */
export function measure(folder, files, options) {
  process.stderr.write(
    `${basename(folder)}: ${files.map((file) => basename(file, ".json")).join(", ")}\n`,
  );
  const args = [CLI, "robustness", ...files, ...options, "--out", folder, "--resume", "--json"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args.map(String), {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (status === 0) return JSON.parse(stdout);
  throw new Error(stderr.trim() || `ninscope robustness ended with ${status}`);
}

/**
 * The same for settings of which some may diverge, which ends the command for all: then each is measured alone.
 * @returns by the name of a setting, `measured`, or `why` it has no accuracy.
 */
export function measureEach(folder, files, options) {
  const found = new Map();
  const measured = (into, some) => {
    for (const network of measure(into, some, options).networks) {
      found.set(network.name, { measured: network });
    }
  };
  try {
    measured(folder, files);
    return found;
  } catch (error) {
    if (!DIVERGED.test(error.message)) throw error;
  }
  for (const file of files) {
    const name = basename(file, ".json");
    try {
      measured(join(folder, name), [file]);
    } catch (error) {
      if (!DIVERGED.test(error.message)) throw error;
      found.set(name, { why: "its training diverges" });
    }
  }
  return found;
}
