// Regularisers on Fashion-MNIST, each with the same tuning budget, and how robust they make a network:
// node bench/robustness-study.mjs DIR [docs/robustness.md]. Run `npm run build` first. DIR keeps what is
// finished, and the same command goes on after an interruption. It writes the tables between the file's marks.
// `--small` instead of the file makes the same steps in minutes, to try the command; its numbers mean nothing.
// FASHION_MNIST names the folder of the data set's files.
import { existsSync, mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { ninr } from "../dist/probe-node.js";
import { checkMarks, writeBetweenMarks } from "./lib/networks.mjs";
import { optionsOf } from "./lib/options.mjs";
import { choose, leastClean } from "./robustness-study/choice.mjs";
import { readJson, writeJson } from "./robustness-study/files.mjs";
import { measure, measureEach } from "./robustness-study/measure.mjs";
import { report } from "./robustness-study/report.mjs";
import { CLEAN_MARGIN, FULL, METHODS, SMALL } from "./robustness-study/settings.mjs";
import { validationData } from "./robustness-study/validation.mjs";

const SOURCE = process.env.FASHION_MNIST ?? "/usr/share/datasets/fashion-mnist";
const MARK = "regularisers";

const { values, positionals } = optionsOf({
  options: { small: { type: "boolean", default: false } },
  allowPositionals: true,
});
const [out, document, ...more] = positionals;
if (!out || more.length > 0) throw new Error("takes a folder for what is finished, and a document");
if (values.small && document) throw new Error("takes no document with --small");
if (document) checkMarks(document, MARK);
const study = values.small ? SMALL : FULL;
const at = (...parts) => resolve(out, ...parts);
for (const folder of ["", "settings", "chosen"]) mkdirSync(at(folder), { recursive: true });
keepSize();

const validation = validationData(SOURCE, at(), study.train, study.validation);
const { none, ...others } = METHODS;
const tuned = { none: await tune({ none }, study.base) };
// The other methods take the learning rate that suits the network without anything.
const least = leastClean(tuned.none, CLEAN_MARGIN);
const learningRate = choose(tuned.none, least);
if (!learningRate) throw new Error("the network without anything diverges at every learning rate");
const { optimizer } = readJson(learningRate.file);
Object.assign(tuned, await tuneAll(others, { ...study.base, optimizer }));

const chosen = Object.entries(tuned).flatMap(([method, settings]) => {
  const choice = choose(settings, least);
  if (!choice) return [];
  const experiment = {
    ...readJson(choice.file),
    data: { name: "fashion-mnist", train: study.train, test: study.test },
    seed: study.seeds.first,
  };
  const file = at("chosen", `${method}.json`);
  writeJson(file, experiment);
  return [{ method, file, label: choice.label }];
});
const files = chosen.map(({ file }) => file);
const result = measure(at("test"), files, ["--seeds", study.seeds.count, ...study.report]);
const body = report({ methods: METHODS, tuned, chosen, result });
if (document) writeBetweenMarks(document, MARK, body);
else process.stdout.write(`${body}\n`);

/** Keeps the study's size in the folder, so that what is finished of one size is not taken for the other's. */
function keepSize() {
  const size = values.small ? "small" : "full";
  const file = at("size.json");
  if (!existsSync(file)) writeJson(file, size);
  const kept = readJson(file);
  if (kept !== size) throw new Error(`${out} holds a ${kept} study: takes another folder`);
}

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
  const found = measureEach(at(`tuning-${Object.keys(methods)[0]}`), files, study.tuning);
  return settings.map((setting) => ({ ...setting, ...found.get(setting.name) }));
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
      seed: study.tuningSeed,
    };
    writeJson(file, preset ? await withSigma(input, preset, schedule) : input);
  }
  const { why, noise } = readJson(file);
  return { method, label, name, file, preset, why, measured: null, sigma: noise?.[0]?.sigma };
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
