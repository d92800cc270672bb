import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Interrupted } from "../../ts/cli/interrupt.js";
import { idx } from "../data/files.js";
import { shapes } from "../robustness/shapes.js";
import { inProcess } from "./run.js";

/** A command that does what it should, and where its inputs stand. */
interface Row {
  readonly words: readonly string[];
  /** Arguments that make it whole; `FILE` stands for a file that it reads, `OUT` for a folder that it writes. */
  readonly rest?: readonly string[];
  /** The field of its first argument, if it needs one. */
  readonly needs?: string;
  /** The field of the file that it reads, and what that file is. */
  readonly reads?: readonly [field: string, file: string];
  readonly writes?: true;
  /** An option and a value that is out of its range. */
  readonly beyond?: readonly [option: string, value: string];
  /** Whether it works for a while. */
  readonly long?: true;
  /** It reads a JSON file of an experiment. */
  readonly experiment?: true;
  /** The file that it reads, if it is not `experiment.json`. */
  readonly file?: string;
  /** A folder may stand in the place of its file. */
  readonly folders?: true;
  /** It takes any number of arguments. */
  readonly many?: true;
}

const EXPERIMENT = {
  network: { layers: [4] },
  data: { name: "gaussian-mixture", inputs: 3, classes: 3, train: 40, test: 10 },
  optimizer: { batchSize: 20 },
  epochs: 1,
};
const CONFIG = ["CONFIG", "experiment.json"] as const;
const runs = { rest: ["FILE"], reads: CONFIG, experiment: true, long: true } as const;

const ROWS: Record<string, Row> = {
  phases: { words: ["phases"], writes: true, beyond: ["--width", "-3"], long: true },
  train: { words: ["train"], ...runs, writes: true, beyond: ["--checkpoint-every", "-1"] },
  sweep: { words: ["sweep"], ...runs, writes: true, beyond: ["--workers", "-1"] },
  probe: { words: ["probe"], ...runs, writes: true, beyond: ["--moments", "0"] },
  verify: { words: ["verify"], ...runs },
  worker: { words: ["worker"], rest: ["--queue", "redis://"], beyond: ["--workers", "1.5"] },
  merge: {
    words: ["merge"],
    rest: ["FILE"],
    needs: "folders",
    reads: ["folders", "cut.npz"],
    writes: true,
    many: true,
  },
  curvature: {
    words: ["curvature"],
    rest: ["FILE"],
    needs: "CHECKPOINT",
    reads: ["CHECKPOINT", "cut.safetensors"],
    beyond: ["--layer", "-1"],
  },
  "curvature --config": {
    words: ["curvature", "cut.safetensors"],
    rest: ["--config", "FILE"],
    reads: CONFIG,
    experiment: true,
  },
  robustness: {
    words: ["robustness"],
    ...runs,
    ...{ file: "images.json", folders: true, many: true },
    needs: "networks",
    writes: true,
    beyond: ["--seeds", "0"],
  },
  reproduce: { words: ["reproduce"], rest: ["figure-1"], needs: "WHAT", writes: true, long: true },
  png: {
    words: ["png"],
    rest: ["FILE"],
    needs: "figures",
    reads: ["figures", "cut.svg"],
    beyond: ["--width", "1"],
    many: true,
  },
  replay: { words: ["replay"], rest: ["FILE"], needs: "FILE", reads: ["FILE", "cut.npz"] },
  "data list": { words: ["data", "list"] },
  "data fetch": { words: ["data", "fetch"], rest: ["mnist"], needs: "NAME" },
  "data check": { words: ["data", "check"], rest: ["mnist"], needs: "NAME" },
  bench: { words: ["bench"], rest: ["--quick"], long: true },
  demo: { words: ["demo"], writes: true, long: true },
  help: { words: ["help"], many: true },
};
const rows = Object.entries(ROWS);

let folder: string;
const place = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ninscope-refusals-"));
  await writeFile(place("experiment.json"), JSON.stringify(EXPERIMENT));
  await writeFile(place("malformed.json"), JSON.stringify(EXPERIMENT).slice(0, -7));
  await writeFile(place("list.json"), "[]");
  await writeFile(place("near.json"), JSON.stringify({ ...EXPERIMENT, epoch: 3 }));
  await writeFile(place("beyond.json"), JSON.stringify({ ...EXPERIMENT, epochs: -1 }));
  const { train: split } = shapes(40, 0, true);
  await writeFile(place("images"), idx([split.rows, 28, 28], split.inputs));
  await writeFile(place("labels"), idx([split.rows], split.targets));
  const [images, labels] = ["images", "labels"];
  const pair = { images, labels, testImages: images, testLabels: labels };
  const grey = { ...EXPERIMENT, data: { name: "idx", ...pair } };
  await writeFile(place("images.json"), JSON.stringify(grey));
  const npz = await readFile("test/check/replay/fixtures/tanh-output.npz");
  await writeFile(place("cut.npz"), npz.subarray(0, 4000));
  // Its header ends in the midst of the first tensor's name.
  const header = Uint8Array.of(64, 0, 0, 0, 0, 0, 0, 0, ...new TextEncoder().encode('{"fc1.we'));
  await writeFile(place("cut.safetensors"), header);
  const data = { name: "npz", path: "cut.npz" };
  await writeFile(place("cut-data.json"), JSON.stringify({ ...EXPERIMENT, data }));
  const lost = { name: "npz", path: "lost.npz" };
  await writeFile(place("lost-data.json"), JSON.stringify({ ...EXPERIMENT, data: lost }));
  await writeFile(place("cut.svg"), "<svg xmlns='http://www.w3.org/2000/svg'><path d='M0");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let out: string;
let made = 0;
afterEach(async () => {
  const names = await readdir(folder);
  expect(names.filter((name) => /\.part$|\.png$/.test(name))).toEqual([]);
});

/** The command's words with `file` where it reads, and a new folder where it writes. */
function whole(row: Row, file = row.file ?? "experiment.json"): string[] {
  const { words, rest = [], writes } = row;
  out = place(`out-${made++}`);
  const own = (word: string) => (word === "cut.safetensors" ? place(word) : word);
  const path = (word: string) => (word === "FILE" ? place(file) : own(word));
  return [...words.map(own), ...rest.map(path), ...(writes ? ["--out", out] : [])];
}

/** Refuses in one line, or with --json in one object; says nothing else, and leaves no results. */
async function refuses(
  args: readonly string[],
  expected: { code?: number; field: unknown; message: RegExp; signal?: AbortSignal },
) {
  const { code = 2, field, message, signal } = expected;
  const plain = await inProcess(args, signal);
  expect(plain.err).toMatch(/^ninscope: [^\n]+\n$/);
  expect(plain.err).toMatch(message);
  expect(plain.err).not.toMatch(/fault in ninscope|\bat .*:\d+:\d+/);
  expect(plain.code).toBe(code);
  // The demo tells what it is about to do.
  if (args[0] !== "demo") expect(plain.out).toBe("");
  const object = await inProcess([...args, "--json"], signal);
  expect(object.err).toMatch(/^[^\n]+\n$/);
  expect(JSON.parse(object.err)).toEqual({ error: expect.stringMatching(message), field });
  expect([object.code, object.out]).toEqual([code, ""]);
  const results = await readdir(out, { recursive: true }).catch(() => []);
  expect(results.filter((name) => /\.part|summary|parquet|report|\.svg/.test(name))).toEqual([]);
}

const having = (key: keyof Row) => rows.filter(([, row]) => row[key] !== undefined);

describe("the arguments", () => {
  test.each(rows)("%s: an unknown option", async (_, row) => {
    const args = [...whole(row), "--nonsense"];
    await refuses(args, { field: "--nonsense", message: /unknown option '--nonsense'/ });
  });

  test.each(rows)("%s: one argument too many", async (_, row) => {
    if (row.many) return;
    const args = [...whole(row), "one", "more"];
    const message = /too many arguments|unknown command 'one'|invalid for argument|NAME is/;
    const { err, code } = await inProcess(args);
    expect(err).toMatch(message);
    expect(code).toBe(2);
  });

  test.each([
    ["foo", /unknown command 'foo'/],
    ["trian", /unknown command 'trian' \(Did you mean train\?\)/],
    ["help foo", /unknown command 'foo': ninscope takes one of phases, train/],
    ["help data foo", /unknown command 'foo': data takes one of list, fetch, check/],
    ["help train foo", /unknown command 'foo': train has no commands/],
    ["data foo", /unknown command 'foo': data takes one of list, fetch, check/],
  ])("%s: an unknown command", (words, message) =>
    refuses(words.split(" "), { field: null, message }),
  );

  test.each(having("needs"))("%s: a missing argument", (_, row) => {
    const field = row.needs as string;
    const args = [...row.words, ...(row.words[0] === "merge" ? ["--out", place("none")] : [])];
    return refuses(args, { field, message: /^(ninscope: )?missing argument '\w+'/ });
  });

  test("a missing option", async () => {
    await refuses(["worker"], { field: "--queue", message: /'--queue <url>' not specified/ });
    await refuses(["merge", folder], { field: "--out", message: /'--out <dir>' not specified/ });
    const lost = await inProcess(["train", "--out"]);
    expect(lost.err).toBe("ninscope: option '--out <dir>' argument missing\n");
    expect(lost.code).toBe(2);
    const swallowed = { field: "--out", message: /--out is "--force": takes the path of a folder/ };
    await refuses(["train", "--out", "--force"], swallowed);
  });

  test.each(having("beyond"))("%s: a value out of range", (_, row) => {
    const [option, value] = row.beyond as [string, string];
    return refuses([...whole(row), option, value], { field: option, message: /takes/ });
  });
});

describe("the files", () => {
  test.each(having("reads"))("%s: one that is not there", (_, row) => {
    const [field] = row.reads as [string, string];
    const file = row.words[0] === "png" ? "lost.svg" : "lost";
    return refuses(whole(row, file), { field, message: /no such file|holds no results/ });
  });

  const files = having("reads").filter(([, row]) => !row.folders);
  test.each(files)("%s: a folder in its place", (_, row) => {
    const [field] = row.reads as [string, string];
    const message = /folder|directory|takes a name that ends in|holds no results/;
    return refuses(whole(row, "."), { field, message });
  });

  test.each(having("reads").filter(([, row]) => !row.experiment))(
    "%s: one cut short",
    (name, row) => {
      const [, file] = row.reads as [string, string];
      const fields: Record<string, unknown> = {
        replay: place(file),
        curvature: expect.stringMatching(/^CHECKPOINT$|cut\.safetensors$/),
      };
      const field = fields[name] ?? row.reads?.[0] ?? null;
      const message = /not a whole|holds no results|could not be read|is no figure|damaged/;
      return refuses(whole(row, file), { field, message });
    },
  );

  const experiments = having("experiment");
  test.each(experiments)("%s: an experiment that is no JSON", (_, row) =>
    refuses(whole(row, "malformed.json"), { field: "CONFIG", message: /not JSON/ }),
  );

  test.each(experiments)("%s: an experiment that is a list", (_, row) =>
    refuses(whole(row, "list.json"), { field: "the experiment", message: /takes an object/ }),
  );

  test.each(experiments)("%s: a field of a near name", (_, row) =>
    refuses(whole(row, "near.json"), { field: "epoch", message: /epoch is not a field/ }),
  );

  test.each(experiments)("%s: a field out of range", (_, row) =>
    refuses(whole(row, "beyond.json"), { field: "epochs", message: /epochs is -1: takes/ }),
  );

  const trained = experiments.filter(([name]) => !name.startsWith("curvature"));
  test.each(trained)("%s: data that are not there", (_, row) =>
    refuses(whole(row, "lost-data.json"), { field: "data.path", message: /no such file/ }),
  );

  test.each(trained)("%s: data that are cut short", (_, row) =>
    refuses(whole(row, "cut-data.json"), {
      field: `data.path (${place("cut.npz")})`,
      message: /not a whole zip file/,
    }),
  );
});

describe("the folder of results", () => {
  const writing = having("writes").filter(([name]) => name !== "merge");

  test.each(having("writes"))("%s: no name", (_, row) => {
    const args = [...whole(row).slice(0, -1), ""];
    return refuses(args, { field: "--out", message: /--out is "": takes the path of a folder/ });
  });

  test.each(writing)("%s: a file in the way", async (_, row) => {
    const args = [...whole(row).slice(0, -1), place("experiment.json")];
    await refuses(args, { field: "--out", message: /a file is in the way/ });
    expect(JSON.parse(await readFile(place("experiment.json"), "utf8"))).toEqual(EXPERIMENT);
  });

  const linux = process.platform === "linux";
  test.skipIf(!linux).each(writing)("%s: a place that takes no folders", (_, row) =>
    refuses([...whole(row).slice(0, -1), "/proc/ninscope/results"], {
      code: 1,
      field: null,
      message: /\/proc\/ninscope\/results(\/\w+)? could not be written: its file system takes no/,
    }),
  );
});

test.each(having("long"))("%s: interrupted, it ends with 130", (_, row) => {
  const controller = new AbortController();
  controller.abort(new Interrupted("SIGINT"));
  return refuses(whole(row), {
    code: 130,
    field: null,
    message: /interrupted \(SIGINT\); all files are complete/,
    signal: controller.signal,
  });
});
