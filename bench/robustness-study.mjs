// Regularisers on Fashion-MNIST, each with the same tuning budget, and how robust they make a network:
// node bench/robustness-study.mjs DIR [docs/robustness.md]. Run `npm run build` first. DIR keeps what is
// finished, and the same command goes on after an interruption. It writes the tables between the file's marks.
// FASHION_MNIST names the folder of the data set's files.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ninr } from "../dist/probe-node.js";
import { checkMarks, writeBetweenMarks } from "./lib/networks.mjs";
import { choose, leastClean } from "./robustness-study/choice.mjs";
import { report } from "./robustness-study/report.mjs";
import * as study from "./robustness-study/settings.mjs";
import { validationData } from "./robustness-study/validation.mjs";

const CLI = fileURLToPath(new URL("../dist/cli.js", import.meta.url));
const SOURCE = process.env.FASHION_MNIST ?? "/usr/share/datasets/fashion-mnist";
const MARK = "regularisers";

const [out, document] = process.argv.slice(2);
if (!out) throw new Error("takes a folder for what is finished");
if (document) checkMarks(document, MARK);
const at = (...parts) => resolve(out, ...parts);
for (const folder of ["", "settings", "chosen"]) mkdirSync(at(folder), { recursive: true });

const validation = validationData(SOURCE, at(), study.TRAIN, study.VALIDATION);
const { none, ...others } = study.METHODS;
const tuned = { none: await tune({ none }, study.BASE) };
// The other methods take the learning rate that suits the network without anything.
const least = leastClean(tuned.none, study.CLEAN_MARGIN);
const { optimizer } = readJson(choose("none", tuned.none, least).file);
Object.assign(tuned, await tuneAll(others, { ...study.BASE, optimizer }));

const chosen = Object.entries(tuned).map(([method, settings]) => {
  const choice = choose(method, settings, least);
  const experiment = {
    ...readJson(choice.file),
    data: { name: "fashion-mnist", train: study.TRAIN, test: study.TEST },
    seed: study.SEEDS.first,
  };
  const file = at("chosen", `${method}.json`);
  writeJson(file, experiment);
  return { method, file, label: choice.label, experiment };
});
const result = measure(
  "test",
  chosen.map(({ file }) => file),
  ["--seeds", study.SEEDS.count, ...study.REPORT],
);
const body = report({ methods: study.METHODS, tuned, chosen, result });
if (document) writeBetweenMarks(document, MARK, body);
else process.stdout.write(`${body}\n`);

async function tuneAll(methods, base) {
  const found = await tune(methods, base);
  return Object.fromEntries(
    Object.keys(methods).map((method) => [
      method,
      found.filter((setting) => setting.method === method),
    ]),
  );
}

/** Trains and measures every setting of some methods on the validation images. */
async function tune(methods, base) {
  const settings = [];
  for (const [method, { settings: all }] of Object.entries(methods)) {
    for (const setting of all) settings.push(await written(method, setting, base));
  }
  const files = settings.filter(({ why }) => !why).map(({ file }) => file);
  const { networks } = measure(`tuning-${Object.keys(methods)[0]}`, files, study.TUNING);
  return settings.map((setting) => ({
    ...setting,
    measured: networks.find(({ name }) => name === setting.name) ?? null,
  }));
}

/** Writes the experiment of a setting, unless it is there; a setting for which the forecast finds no sigma has none. */
async function written(method, { label, preset, change, schedule }, base) {
  const name = `${method} ${label}`;
  const file = at("settings", `${name}.json`);
  if (!existsSync(file)) {
    const input = {
      ...base,
      ...change,
      optimizer: { ...base.optimizer, ...change.optimizer },
      data: validation,
      seed: study.TUNING_SEED,
    };
    writeJson(file, preset ? await withSigma(input, preset, schedule) : input);
  }
  const { why, noise } = readJson(file);
  return { method, label, name, file, preset, why, sigma: noise?.[0]?.sigma };
}

async function withSigma(input, preset, schedule) {
  try {
    const { sigma } = await ninr(input, { preset });
    const layer = preset === "ninr" ? 0 : "hidden";
    const [group] = input.noise;
    return { ...input, noise: [{ ...group, layer, sigma, ...(schedule && { schedule }) }] };
  } catch ({ message: why }) {
    return { why };
  }
}

/** `ninscope robustness` on some experiments; what an earlier call measured is read. */
function measure(folder, files, options) {
  const args = [CLI, "robustness", ...files, ...options, "--out", at(folder), "--resume", "--json"];
  const { status, stdout } = spawnSync(process.execPath, args.map(String), {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw new Error(`ninscope robustness ended with ${status}`);
  return JSON.parse(stdout);
}

function readJson(file) {
  return JSON.parse(readFileSync(file, "utf8"));
}

/** Whole or not at all, so that an interrupted file is not taken for a finished one. */
function writeJson(file, value) {
  writeFileSync(`${file}.part`, `${JSON.stringify(value, null, 2)}\n`);
  renameSync(`${file}.part`, file);
}
