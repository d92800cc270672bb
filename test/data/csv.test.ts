import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readCsv } from "../../ts/data/csv.js";
import { type FileSource, loadDataset } from "../../ts/data/load.js";
import { InputError } from "../../ts/errors/errors.js";
import { parseExperiment } from "../../ts/experiment/parse.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import { Streams } from "../../ts/random/streams.js";

const streams = new Streams(await loadKernels(), 0);
const encode = (text: string) => new TextEncoder().encode(text);

async function load(text: string | Uint8Array, more: object = {}) {
  const source: FileSource = {
    read: async () => (typeof text === "string" ? encode(text) : text),
    named: () => Promise.reject(new Error("not here")),
  };
  const data = { name: "csv", path: "t.csv", task: "regression", ...more };
  return loadDataset(parseExperiment({ data }).data, streams, source);
}
async function refusal(text: string | Uint8Array, more: object = {}): Promise<[string, string]> {
  const error = await load(text, more).catch((thrown) => thrown);
  if (!(error instanceof InputError)) throw new Error(`not refused: ${JSON.stringify(error)}`);
  expect(error.message).toMatch(/^[^\p{Cc}]+$/u);
  return [error.field, error.message];
}
const inputsOf = async (text: string, more?: object) => {
  const { inputs, train } = await load(text, more);
  return { width: inputs, inputs: [...train.inputs], targets: [...train.targets] };
};

describe("the first line", () => {
  const bare = "0.5,1,10\n1.5,2,20\n";
  test("of numbers is a sample or names: that has to be said", async () => {
    const [field, message] = await refusal(bare);
    expect(field).toBe("data.header");
    expect(message).toBe(
      "data.header is not set: line 1 of data.path (t.csv) holds numbers (0.5, 1, 10): set it to false if that is a sample (the columns are then 0, 1, ...), or to true if those are names",
    );
    expect(await inputsOf(bare, { header: false })).toEqual({
      width: 2,
      inputs: [0.5, 1, 1.5, 2],
      targets: [10, 20],
    });
    expect(await inputsOf(bare, { header: true })).toMatchObject({ targets: [20] });
    const named = await inputsOf(bare, { header: false, target: "0" });
    expect(named.targets).toEqual([0.5, 1.5]);
  });

  test.each([",1,2\n0,1,2", "1,nan,3\n1,2,3", "1,,NA\n1,2,3", '"1","2"\n1,2', "-1e3,.5\n1,2"])(
    "%j may be a sample too",
    async (text) => {
      expect((await refusal(text))[0]).toBe("data.header");
    },
  );

  test("with one name among numbers is names", async () => {
    expect((await load("0,1,y\n1,2,3\n")).train.rows).toBe(1);
  });
});

describe("two columns of one name", () => {
  const text = "y,x,y\n1,2,3\n4,5,6\n";
  test("are refused as the target, and taken by number", async () => {
    expect(await refusal(text, { target: "y" })).toEqual([
      "data.target",
      'data.target is "y": t.csv has 2 columns of that name, numbers 0 and 2: takes one of the numbers',
    ]);
    expect((await inputsOf(text, { target: 0 })).targets).toEqual([1, 4]);
    expect((await inputsOf(text, { target: 2 })).targets).toEqual([3, 6]);
  });
});

describe("separators and decimal signs", () => {
  const right = { width: 2, inputs: [1.5, 2, 3.5, 4], targets: [10, 20] };
  test.each([
    [";", "a;b;y\n1.5;2;10\n3.5;4;20\n"],
    ["\t", "a\tb\ty\n1.5\t2\t10\n3.5\t4\t20\n"],
    [" ", "a b y\n1.5 2 10\n3.5 4 20\n"],
    [" ", "  a   b\ty \r\n  1.5  2\t10\r\n\n  3.5  4   20   \r\n"],
  ])("%j is found, and read once it is set", async (separator, text) => {
    const [field, message] = await refusal(text);
    expect(field).toBe("data.separator");
    expect(message).toContain(
      `set it to ${JSON.stringify(text.includes("\t") ? "\t" : separator)}`,
    );
    expect(await inputsOf(text, { separator })).toEqual(right);
  });

  test("a decimal comma is found, and read once it is set", async () => {
    const text = "a;b;y\n1,5;2;10\n3,5;4;20\n";
    const [, message] = await refusal(text, { separator: ";" });
    expect(message).toBe(
      'data.path (t.csv): line 2, column a is "1,5": takes a finite number; if that is a decimal comma, set data.decimal to ","',
    );
    expect(await inputsOf(text, { separator: ";", decimal: "," })).toEqual(right);
    // Without names, the comma would part every number in two.
    expect((await refusal("1,5;2;10\n3,5;4;20\n", { header: false }))[0]).toBe("data.separator");
    const quoted = 'a,y\n"1,5",2\n"3,5",4\n';
    expect((await inputsOf(quoted, { decimal: "," })).inputs).toEqual([1.5, 3.5]);
    expect((await refusal("a;y\n1.5;2\n", { separator: ";", decimal: "," }))[1]).toMatch(/"1.5"/);
    expect((await refusal("a;y\n1.234,5;2\n", { separator: ";", decimal: "," }))[1]).toMatch(
      /"1\.234,5": takes a finite number/,
    );
  });

  test("a semicolon in a name is a name's, once a comma is set", async () => {
    const text = "a;1,y\n1,2\n";
    expect((await refusal(text))[1]).toMatch(/set it to ";", or to "," if commas separate/);
    expect((await inputsOf(text, { separator: "," })).inputs).toEqual([1]);
  });

  test.each([["|"], ["  "], [""], [1]])("%j is no separator", async (separator) => {
    const [field, message] = await refusal("a,y\n1,2", { separator });
    expect(field).toBe("data.separator");
    expect(message).toMatch(/takes one of ",", ";", "\\t" \(a tab\), " " \(blanks\)$/);
  });
});

describe("columns that are no inputs", () => {
  test.each([
    [",x,y\n0,5,1\n1,6,2\n2,7,3\n", "", 0],
    ['"","x","y"\n"1",5,1\n"2",6,2\n', "", 1],
    ["Unnamed: 0,x,y\n0,5,1\n1,6,2\n", "Unnamed: 0", 0],
    ["Id,x,y\n7,5,1\n8,6,2\n", "Id", 7],
  ])("an index is refused until something is said: %j", async (text, name, first) => {
    expect(await refusal(text)).toEqual([
      "data.ignore",
      `data.ignore is not set: the first column, "${name}", of t.csv counts its rows (${first}, ${first + 1}, ...): set it to [0] to leave that index out, or to [] to keep it as an input`,
    ]);
    expect(await inputsOf(text, { ignore: [0] })).toMatchObject({ width: 1 });
    expect((await inputsOf(text, { ignore: [name] })).inputs.slice(0, 2)).toEqual([5, 6]);
    expect(await inputsOf(text, { ignore: [] })).toMatchObject({ width: 2 });
  });

  test("an index without a line of names", async () => {
    const text = "0,5,1\n1,6,2\n2,7,3\n";
    expect((await refusal(text, { header: false }))[0]).toBe("data.ignore");
    expect(await inputsOf(text, { header: false, ignore: [0] })).toEqual({
      width: 1,
      inputs: [5, 6, 7],
      targets: [1, 2, 3],
    });
  });

  test("what does not count, or is the target, is no index", async () => {
    expect((await load(",x,y\n0,5,1\n2,6,2\n")).inputs).toBe(2);
    expect((await load("t,x,y\n0,5,1\n1,6,2\n2,6,2\n")).inputs).toBe(2);
    expect((await load(",x,y\n0,5,1\n1,6,2\n", { target: 0 })).inputs).toBe(2);
  });

  test("need hold no numbers, and keep the other columns' numbers", async () => {
    const text = 'name,x,note,y\n"Bobby, ""B""",1,"two\nlines",10\nEve,2,,20\n';
    expect(await inputsOf(text, { ignore: ["name", 2], target: 3 })).toEqual({
      width: 1,
      inputs: [1, 2],
      targets: [10, 20],
    });
    expect((await refusal(text, { ignore: ["name"] }))[1]).toMatch(/line 2, column note is "two/);
    expect((await refusal(text, { ignore: ["name", 2], target: 0 }))[0]).toBe("data.target");
    expect(await refusal(text, { ignore: ["nome"] })).toEqual([
      "data.ignore.0",
      'data.ignore.0 is "nome": takes one of the columns name, x, note, y, or a number from 0 to 3',
    ]);
  });
});

describe("quotes that would swallow samples", () => {
  test.each([
    [
      "a quote that is not closed",
      'n,x,y\n"a,1,2\nb,3,4\n',
      /line 2 has a quote that is not closed/,
    ],
    ["more behind a quote", 'n,x,y\na,"1"52,3\n', /line 2 has a quoted cell with text after/],
    ["a blank behind a quote", 'n,x,y\na,"1" ,3\n', /line 2 has a quoted cell with text after/],
  ])("%s is refused", async (_, text, message) => {
    expect((await refusal(text, { ignore: ["n"] }))[1]).toMatch(message);
  });
});

describe("text that is not UTF-8", () => {
  const text = "a,y\n1,2\n3,4\n";
  const wide = (big: boolean, mark: boolean) => {
    const units = [...(mark ? "\ufeff" : ""), ...text].map((c) => c.charCodeAt(0));
    return Uint8Array.from(units.flatMap((u) => (big ? [u >> 8, u & 255] : [u & 255, u >> 8])));
  };
  test("a byte order mark is no part of the first name", () => {
    expect(readCsv(encode(`\ufeff${text}`), true, "t.csv").columns).toEqual(["a", "y"]);
  });
  test.each([true, false].flatMap((big) => [true, false].map((mark) => [big, mark] as const)))(
    "UTF-16 is named (big endian: %s, with a mark: %s)",
    async (big, mark) => {
      expect(await refusal(wide(big, mark))).toEqual([
        "data.path (t.csv)",
        "data.path (t.csv): not a text file in UTF-8, but in UTF-16",
      ]);
    },
  );
});

test("the specification's cells, line ends and quotes are read as another reader does", () => {
  // Written by Python's csv module, whose values stand beside them.
  const { text, rows } = JSON.parse(readFileSync("test/data/fixtures/table.json", "utf8"));
  const table = readCsv(encode(text), true, "t.csv", { ignore: ["words"] });
  expect(table.rows).toBe(rows.length);
  expect([...table.values]).toEqual(rows.flat());
});
