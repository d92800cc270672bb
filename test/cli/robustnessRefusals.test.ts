import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodeTensors } from "../../ts/format/safetensors.js";
import { idx } from "../data/files.js";
import { shapes } from "../robustness/shapes.js";
import { inProcess } from "./run.js";

let folder: string;
const at = (name: string) => join(folder, name);
const IMAGES = { images: "train.images", labels: "train.labels" };
const EXPERIMENT = {
  network: { layers: [4] },
  noise: [],
  data: { name: "idx", ...IMAGES, testImages: "test.images", testLabels: "test.labels" },
  optimizer: { batchSize: 10 },
  epochs: 1,
};
const QUICK = ["--corruptions", "fog", "--severities", "3", "--attacks", "fgsm", "--quiet"];

/** Files that are no networks, by name; each is in a folder with those that are. */
const BROKEN: Readonly<Record<string, string>> = {
  "empty.json": "",
  "cut.json": JSON.stringify(EXPERIMENT).slice(0, -9),
  "list.json": "[]",
  "text.json": '"ninr"',
  "null.json": "null",
  "stray.json": JSON.stringify({ ...EXPERIMENT, epoch: 3 }),
  "layer.json": JSON.stringify({ ...EXPERIMENT, noise: [{ layer: 3 }] }),
  "hidden.json": JSON.stringify({ ...EXPERIMENT, noise: [{ layer: "Hidden" }] }),
  "spiral.json": JSON.stringify({ ...EXPERIMENT, data: { name: "spiral" } }),
  "lost.json": JSON.stringify({ ...EXPERIMENT, data: { ...EXPERIMENT.data, images: "lost" } }),
  "untested.json": JSON.stringify({ ...EXPERIMENT, data: { name: "idx", ...IMAGES } }),
  "empty.safetensors": "",
  "text.safetensors": "no tensors",
};

function model(shape: Readonly<Record<string, readonly number[]>>): Uint8Array {
  const sizes = Object.entries(shape).map(([name, sides]) => [
    name,
    new Float32Array(sides.reduce((a, b) => a * b, 1)),
  ]);
  return encodeTensors({ tensors: Object.fromEntries(sizes), shapes: shape, metadata: {} });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ninscope-robustness-refusals-"));
  const { train, test: held } = shapes(20, 10, true);
  for (const [name, split] of Object.entries({ train, test: held ?? train })) {
    await writeFile(at(`${name}.images`), idx([split.rows, 28, 28], split.inputs));
    await writeFile(at(`${name}.labels`), idx([split.rows], split.targets));
  }
  await writeFile(at("good.json"), JSON.stringify(EXPERIMENT));
  await writeFile(at("other.json"), JSON.stringify({ ...EXPERIMENT, epochs: 2 }));
  for (const [name, text] of Object.entries(BROKEN)) await writeFile(at(name), text);
  const whole = model({ "a.weight": [4, 784], "a.bias": [4] });
  await writeFile(at("good.safetensors"), whole);
  await writeFile(at("cut.safetensors"), whole.subarray(0, whole.length - 7));
  await writeFile(at("wide.safetensors"), model({ "a.weight": [4, 783] }));
  await writeFile(at("classes.safetensors"), model({ "a.weight": [3, 784] }));
  await writeFile(at("apart.safetensors"), model({ "a.weight": [5, 784], "b.weight": [4, 6] }));
  await writeFile(at("junk.npz"), "no zip");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Refusal {
  readonly words: readonly string[];
  /** The field that is named, or a part of it. */
  readonly field: RegExp;
}

const NOT_INTEGERS = ["0", "-1", "1.5", "x", "", "NaN", "Infinity", "1e99", "1,2", "1;2", "ten"];
const SEED = ["-1", "1.5", "x", "", "4294967296", "1,2"];
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  "--corruptions": ["snow", "fog,snow", "Fog", "", ",", "fog,", "fog;shear", "1", "__proto__"],
  "--severities": ["0", "6", "1.5", "-1", "x", "", "1,", "1;2", "1,9", "NaN", "1,2,3,4,5,1"],
  "--attacks": ["cw", "pgd,cw", "PGD", "", ",", "fgsm,", "fgsm pgd", "autoattack"],
  "--epsilons": ["-1", "2", "x", "", "0.1,", "0.1;0.2", "8/255", "NaN", "1e99", "0.1,1.01"],
  "--samples": [...NOT_INTEGERS, "11", "all"],
  "--attack-samples": [...NOT_INTEGERS, "11"],
  "--steps": [...NOT_INTEGERS, "10001"],
  "--restarts": [...NOT_INTEGERS, "1001"],
  "--queries": [...NOT_INTEGERS, "1000001"],
  "--corruption-seed": SEED,
  "--seeds": [...NOT_INTEGERS, "1001"],
  "--workers": ["-1", "1.5", "x", "", "1025", "1e99"],
  "--backend": ["cuda", "", "WASM", "cpu"],
  "--layers": ["a", ""],
  "--config": ["good.json", "nowhere.json"],
  "--test-set": [
    ...["usps", "", "[]", "1", "null", "{", '{"name":"usps"}', '{"name":1}', "nowhere.npz"],
    ...["junk.npz", '{"name":"spiral"}', '{"name":"idx"}', '{"name":"mnist","pixels":1}'],
  ],
  "--set": [
    ...["noise", "=3", "noise.0.layer=7", 'noise=[{"layer":[0,0]}]', 'noise=[{"nodes":0}]'],
    ...['noise=[{"scale":-1}]', 'noise=[{"sigma":-1}]', 'noise=[{"mode":"often"}]'],
    ...['noise=[{"distribution":"cauchy"}]', 'noise=[{"schedule":{"kind":"linear"}}]'],
    ...['noise=[{"schedule":{"kind":"controller","hold":"kappa"}}]', "optimizer.weightDecay=-1"],
    ...['noise=[{"schedule":{"kind":"cosine","low":2}}]', "regularization.dropout=1"],
    ...["regularization.dropout=x", "regularization.inputNoise=-1", "regularization.l1=0.1"],
    ...["regularization.jacobian=-0.1", "regularization.jacobian=x"],
    ...["regularization=3", "optimizer.l2=1", "seed=-1", "epochs=0", "network.loss=hinge"],
  ],
};

/** The setting that a flag stands for. */
const settingOf = (flag: string) =>
  flag.slice(2).replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

const options = Object.entries(OPTIONS).flatMap(([flag, values]) =>
  values.map((value): Refusal => {
    const own: Record<string, RegExp> = {
      "--set": /^(--set|noise|optimizer|regularization|seed|epochs|network)/,
      "--test-set": /^(--test-set|data|testSets|X|.*npz)/,
      "--corruption-seed": /^(--corruption-seed|seed)$/,
    };
    const named = new RegExp(`^(${flag}|${settingOf(flag)}(\\.\\d+)?)$`);
    return { words: ["good.json", flag, value], field: own[flag] ?? named };
  }),
);

const networks = (): Refusal[] => [
  ...Object.keys(BROKEN).map((name) => ({ words: [name], field: FIELDS[name] ?? /./ })),
  ...["cut", "wide", "classes", "apart"].flatMap((name) => [
    { words: [`${name}.safetensors`, "--config", at("good.json")], field: /./ },
    { words: ["good.json", `${name}.safetensors`, "--config", at("good.json")], field: /./ },
  ]),
  { words: ["good.safetensors"], field: /^(dataset|data)/ },
  { words: ["good.safetensors", "--config", at("list.json")], field: /^the experiment$/ },
  {
    words: ["good.safetensors", "--config", at("good.json"), "--seeds", "3"],
    field: /^--seeds$/,
  },
  {
    words: ["good.safetensors", "--config", at("good.json"), "--layers", "b"],
    field: /layers|b\.weight/,
  },
  { words: ["good.json", "good.json"], field: /^name$/ },
  { words: ["good.json", "spiral.json"], field: /^data$/ },
  { words: ["nowhere.json"], field: /^CONFIG$/ },
  { words: ["."], field: /./ },
  {
    words: [
      ...["good.json", "--test-set", JSON.stringify(otherSet())],
      ...["--test-set", JSON.stringify(otherSet())],
    ],
    field: /^testSets\.1\.name$/,
  },
  { words: ["good.json", "--samples", "5", "--attack-samples", "6"], field: /^attackSamples$/ },
];
const otherSet = () => ({ name: "idx", images: at("train.images"), labels: at("train.labels") });

const FIELDS: Readonly<Record<string, RegExp>> = {
  "stray.json": /^epoch$/,
  "layer.json": /^noise\.0\.layer$/,
  "hidden.json": /^noise\.0\.layer$/,
  "spiral.json": /^dataset$/,
  "lost.json": /^data\.images$/,
  "untested.json": /^dataset$/,
};

const given = ({ words }: Refusal) =>
  words.map((word) =>
    /^[a-z]+\.(json|npz|safetensors)$/.test(word) || word === "." ? at(word) : word,
  );

/** What is wrong with a refusal; nothing is if it is one line that names the field, and nothing is written. */
async function faultOf(refusal: Refusal): Promise<string[]> {
  const out = at("out");
  const words = ["robustness", ...given(refusal), ...unless(refusal.words), "--out", out, "--json"];
  const { code, err, out: said } = await inProcess(words);
  const faults: string[] = [];
  if (code !== 2) faults.push(`ended with ${code}`);
  if (said !== "") faults.push("printed a result");
  if (await stat(out).catch(() => null)) faults.push("made the folder");
  await rm(out, { recursive: true, force: true });
  const [line, ...more] = err.split("\n");
  if (more.join("") !== "" || !line.startsWith("{"))
    return [...faults, `said ${err.slice(0, 200)}`];
  const { error, field } = JSON.parse(line);
  if (!refusal.field.test(String(field))) faults.push(`named ${field}: ${error}`);
  if (!/^[^\p{Cc}]{10,600}$/u.test(error)) faults.push(`no line: ${error}`);
  const right =
    / takes?:? |known ones are|is missing|no such file|not JSON|not a whole|Allowed choices|has shape|its matrices are|damaged or no safetensors file/;
  if (!right.test(error) || /fault in ninscope|Expected|\[object/.test(error)) {
    faults.push(`does not say what would be right: ${error}`);
  }
  return faults;
}

/** What makes a command quick, without what it says itself. */
function unless(words: readonly string[]): string[] {
  const own = new Set(words);
  return QUICK.flatMap((word, i) => {
    if (!word.startsWith("--") || own.has(word)) return [];
    return word === "--quiet" ? [word] : [word, QUICK[i + 1]];
  });
}

test("the command without a fault is taken", async () => {
  const { code, err } = await inProcess(["robustness", at("good.json"), ...QUICK, "--json"]);
  expect([code, err]).toEqual([0, ""]);
  const set = ["--test-set", JSON.stringify(otherSet())];
  const file = [at("good.safetensors"), "--config", at("good.json"), "--layers", "a", ...set];
  expect((await inProcess(["robustness", ...file, ...QUICK, "--json"])).code).toBe(0);
});

test("bad commands are refused in one line each, before anything is written", async () => {
  const faults: string[] = [];
  const all = [...options, ...networks()];
  for (const refusal of all) {
    const found = await faultOf(refusal);
    faults.push(...found.map((what) => `${refusal.words.join(" ")}: ${what}`));
  }
  expect(all.length).toBeGreaterThan(180);
  expect(faults).toEqual([]);
});

test("--force leaves earlier results where they are if the command is refused", async () => {
  const out = at("kept");
  const first = ["robustness", at("good.json"), ...QUICK, "--out", out];
  expect((await inProcess(first)).code).toBe(0);
  const before = await readFile(join(out, "summary.json"), "utf8");
  const files = await readdir(out, { recursive: true });
  for (const bad of [
    ["--severities", "9"],
    ["--samples", "11"],
    ["--set", "epochs=0"],
  ]) {
    const words = ["robustness", at("good.json"), ...unless(bad), ...bad, "--force", "--out", out];
    expect((await inProcess(words)).code).toBe(2);
  }
  expect(await readdir(out, { recursive: true })).toEqual(files);
  expect(await readFile(join(out, "summary.json"), "utf8")).toBe(before);
});
