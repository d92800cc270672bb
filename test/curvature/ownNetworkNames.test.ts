import { describe, expect, test } from "vitest";
import { type OwnNetworkOptions, readNetwork } from "../../ts/curvature/ownNetwork.js";
import { InputError } from "../../ts/errors/errors.js";
import { fileOf } from "../format/safetensorsFile.js";

interface Given {
  readonly shape: readonly number[];
  readonly dtype?: string;
}

const SIZES: Record<string, number> = { F32: 4, F64: 8, F16: 2, I64: 8, I8: 1, F8_E4M3: 1 };

/** A file of tensors of these shapes, all of whose numbers differ. */
function model(tensors: Record<string, readonly number[] | Given>, metadata = {}): Uint8Array {
  let offset = 0;
  const entries = Object.entries(tensors).map(([name, given]) => {
    const { shape, dtype = "F32" } = "shape" in given ? given : { shape: given };
    const from = offset;
    offset += shape.reduce((a, b) => a * b, 1) * SIZES[dtype];
    return [name, { dtype, shape, data_offsets: [from, offset] }];
  });
  const header = JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) });
  const values = Float32Array.from({ length: Math.ceil(offset / 4) }, (_, i) => 1 / (i + 1));
  return fileOf(header, new Uint8Array(values.buffer).subarray(0, offset));
}

const read = (bytes: Uint8Array, more: Partial<OwnNetworkOptions> = {}) =>
  readNetwork(bytes, "model", { activation: "tanh", loss: "cross-entropy", ...more });
const orderOf = (bytes: Uint8Array, more: Partial<OwnNetworkOptions> = {}) =>
  read(bytes, more).layers.map(({ weight }) => weight.replace(/\.weight$/, ""));
/** Layers with biases of these shapes. */
const linear = (layers: Record<string, readonly number[]>) =>
  Object.fromEntries(
    Object.entries(layers).flatMap(([name, shape]) => [
      [`${name}.weight`, shape],
      [`${name}.bias`, [shape[0]]],
    ]),
  );
const mlp = linear({ "0": [8, 6], "2": [8, 8], "4": [3, 8] });

describe("a tensor that no Linear layer uses is refused by its name", () => {
  test.each<[string, Record<string, readonly number[] | Given>, RegExp]>([
    [
      "BatchNorm",
      {
        "1.weight": [8],
        "1.bias": [8],
        "1.running_mean": [8],
        "1.running_var": [8],
        "1.num_batches_tracked": { shape: [], dtype: "I64" },
      },
      /1\.weight \(8\) is not a matrix, nor the bias.*1\.bias \(8\).*1\.running_mean.*and 2 more/,
    ],
    [
      "its counter alone",
      { "1.num_batches_tracked": { shape: [], dtype: "I64" } },
      /1\.num_batches_tracked holds I64/,
    ],
    ["LayerNorm", { "1.weight": [8] }, /1\.weight \(8\) is not a matrix/],
    [
      "LayerNorm over two dimensions",
      { "norm.weight": [4, 2], "norm.bias": [4, 2] },
      /norm\.bias is not called \*\.weight/,
    ],
    ["PReLU", { "act.weight": [1] }, /act\.weight \(1\) is not a matrix/],
    [
      "a convolution",
      { "conv.weight": [4, 1, 3, 3], "conv.bias": [4] },
      /conv\.weight \(4, 1, 3, 3\) is not a matrix.*conv\.bias/,
    ],
    [
      "an embedding",
      { "tok_emb.weight": [6, 6] },
      /tok_emb\.weight \(6, 6\) has the name of an embedding/,
    ],
    ["a transformer's embedding", { "model.embed_tokens.weight": [6, 6] }, /embed_tokens/],
    ["a scale", { gain: [] }, /gain \(\) is not a matrix/],
    ["a bias of another name", { "2.b": [8] }, /2\.b \(8\) is not a matrix, nor the bias of one/],
    [
      "a matrix of another name",
      { W: [8, 8] },
      /W is not called \*\.weight, so that its bias is not known/,
    ],
    [
      "a layer of integers",
      { "6.weight": { shape: [3, 3], dtype: "I8" } },
      /6\.weight holds I8, but only F16, BF16, F32 and F64 are read/,
    ],
    [
      "a layer of small floats",
      { "6.weight": { shape: [3, 3], dtype: "F8_E4M3" } },
      /6\.weight holds F8_E4M3/,
    ],
    [
      "a bias of integers",
      { "6.weight": [3, 3], "6.bias": { shape: [3], dtype: "I8" } },
      /6\.bias holds I8/,
    ],
    ["a mask of floats", { mask: [3, 4, 5] }, /mask \(3, 4, 5\) is not a matrix/],
  ])("%s", (_, tensors, why) => {
    const bytes = model({ ...mlp, ...tensors });
    expect(() => read(bytes)).toThrow(InputError);
    expect(() => read(bytes)).toThrow(why);
    expect(() => read(bytes)).toThrow(/all that is read.*name its Linear layers.*--layers/);
    // Whoever lists the layers is told what they leave out.
    const own = read(bytes, { layers: ["0", "2", "4"] });
    expect(own.network.widths).toEqual([6, 8, 8, 3]);
    expect([...own.unused].sort()).toEqual(Object.keys(tensors).sort());
  });

  test("a file of other things alone", () => {
    const integers = model({ "0.weight": { shape: [3, 4], dtype: "I8" } });
    expect(() => read(integers)).toThrow(/no matrices.*0\.weight holds I8/);
    expect(() => read(model({}))).toThrow(/no matrices: takes the weights of Linear layers$/);
  });

  test("a listed layer's bias that is not read, not one or not there is no missing bias", () => {
    const fc1 = { "fc1.weight": [2, 4], "fc1.bias": { shape: [2], dtype: "I8" } };
    expect(() => read(model(fc1), { layers: ["fc1"] })).toThrow(/fc1\.bias holds I8/);
    const flat = { "fc1.weight": [2, 4], "fc1.bias": [1, 2] };
    expect(() => read(model(flat), { layers: ["fc1"] })).toThrow(/fc1\.bias has shape \(1, 2\)/);
    const empty = { "fc1.weight": [0, 4] };
    expect(() => read(model(empty))).toThrow(/fc1\.weight has shape \(0, 4\): takes at least one/);
  });
});

describe("the order of layers", () => {
  test.each<[string, Record<string, readonly number[]>, string[]]>([
    [
      "is that of the shapes, whatever the names",
      { a: [3, 5], z: [7, 6], m: [5, 7] },
      ["z", "m", "a"],
    ],
    [
      "is that of the shapes, though numbers say otherwise",
      { "2": [7, 6], "1": [5, 7], "0": [3, 5] },
      ["2", "1", "0"],
    ],
    [
      "is that of numbers where shapes are equal",
      { "net.10": [8, 8], "net.2": [8, 8], "net.1": [8, 8] },
      ["net.1", "net.2", "net.10"],
    ],
    ["is that of numbers within names", { fc10: [8, 8], fc9: [8, 8] }, ["fc9", "fc10"]],
    [
      "is that of numbers of any length",
      { "x.9007199254740993": [2, 2], "x.9007199254740992": [2, 2] },
      ["x.9007199254740992", "x.9007199254740993"],
    ],
    [
      "is that of the outer number first",
      { "b.1.fc1": [8, 8], "b.0.fc2": [8, 8], "b.0.fc1": [8, 6] },
      ["b.0.fc1", "b.0.fc2", "b.1.fc1"],
    ],
    [
      "is that of numbers for some and shapes for others",
      { head: [3, 8], "e.1": [8, 8], "e.0": [8, 8], stem: [8, 6] },
      ["stem", "e.0", "e.1", "head"],
    ],
  ])("%s", (_, layers, order) => {
    const own = read(model(linear(layers)));
    expect(own.layers.map(({ weight }) => weight.replace(".weight", ""))).toEqual(order);
    expect(own.layers.map(({ bias }) => bias)).toEqual(order.map((name) => `${name}.bias`));
  });

  test.each<[string, Record<string, readonly number[]>, RegExp]>([
    [
      "equal shapes without numbers",
      { in_proj: [8, 6], mlp_up: [8, 8], mlp_down: [8, 8], out_proj: [3, 8] },
      /in_proj\.weight,mlp_down\.weight,mlp_up\.weight,out_proj\.weight or in_proj\.weight,mlp_up\.weight,mlp_down\.weight,out_proj\.weight.*--layers/,
    ],
    ["all of one shape", { a: [4, 4], b: [4, 4] }, /a\.weight,b\.weight or b\.weight,a\.weight/],
    [
      "numbered ones beside one without",
      { "h.0": [8, 8], "h.1": [8, 8], skip: [8, 8] },
      /more than one order/,
    ],
    [
      "numbered alike in two families",
      { "a.0": [8, 8], "a.1": [8, 8], "b.0": [8, 8], "b.1": [8, 8] },
      /more than one order/,
    ],
    [
      "a circle of widths",
      { encoder: [2, 5], decoder: [5, 2] },
      /encoder.*more than one order|more than one order.*encoder/,
    ],
    [
      "hundreds of one shape",
      Object.fromEntries(
        Array.from({ length: 300 }, (_, i) => [String.fromCodePoint(0x4e00 + i), [2, 2]]),
      ),
      /more than one order.*and 288 more/,
    ],
  ])("is refused where it is open: %s", (_, layers, why) => {
    const bytes = model(linear(layers));
    expect(() => read(bytes)).toThrow(InputError);
    expect(() => read(bytes)).toThrow(why);
    const names = Object.keys(layers);
    if (names.every((name) => layers[name][0] === layers[name][1])) {
      expect(orderOf(bytes, { layers: names })).toEqual(names);
    }
  });

  test("is refused where there is none, and where the layers are too many to try", () => {
    const twice = model(linear({ a: [8, 6], b: [8, 6] }));
    expect(() => read(twice)).toThrow(/no order of its matrices.*a\.weight \(8, 6\), b\.weight/);
    // Balanced widths, but in two pieces.
    const pieces = model(linear({ a: [4, 3], b: [3, 4], c: [6, 5], d: [5, 6] }));
    expect(() => read(pieces)).toThrow(/no order of its matrices/);
    const many = Array.from({ length: 1100 }, (_, i) => [`l.${i}`, [1, 1]]);
    expect(() => read(model(linear(Object.fromEntries(many))))).toThrow(/1100 matrices/);
  });

  test("of a thousand numbered layers is found", () => {
    const layers = Array.from({ length: 1000 }, (_, i) => `l.${i}`);
    const bytes = model(linear(Object.fromEntries(layers.map((name) => [name, [2, 2]]))));
    expect(orderOf(bytes)).toEqual(layers);
  });

  test("may follow from the data's widths, or from those that the user names", () => {
    const circle = model(linear({ encoder: [2, 5], decoder: [5, 2] }));
    expect(orderOf(circle, { inputs: 5, outputs: 5 })).toEqual(["encoder", "decoder"]);
    expect(orderOf(circle, { inputs: 2 })).toEqual(["decoder", "encoder"]);
    expect(orderOf(circle, { hidden: [2] })).toEqual(["encoder", "decoder"]);
    // Data of other widths are for the network to refuse, once it is known.
    expect(orderOf(model(mlp), { inputs: 7, outputs: 9 })).toEqual(["0", "2", "4"]);
  });

  test("and widths that contradict the user's are refused", () => {
    const hidden = (widths: number[]) => () => read(model(mlp), { hidden: widths });
    expect(hidden([8, 8])).not.toThrow();
    for (const wrong of [[8], [8, 9], [], [8, 8, 8]]) {
      expect(hidden(wrong)).toThrow(
        /network\.layers is .*: the hidden layers of model have.*\[8,8\]/,
      );
    }
    expect(() => read(model(mlp), { bias: false })).toThrow(/network\.bias is false.*0\.bias/);
    expect(() => read(model({ "0.weight": [3, 4] }), { bias: false })).not.toThrow();
    const listed = { hidden: [8], layers: ["0", "2", "4"] };
    expect(() => read(model(mlp), listed)).toThrow(/network\.layers is \[8\]/);
  });
});

describe("names that the metadata gives to tensors besides their own", () => {
  const weightOf = (own: ReturnType<typeof read>, l: number) => own.parameters.weights[l];

  test("are layers that share their weights", () => {
    const { "2.weight": _, ...rest } = { ...mlp, ...linear({ "1": [8, 8] }) };
    const own = read(model(rest, { format: "pt", "2.weight": "1.weight" }));
    expect(own.layers.map(({ weight }) => weight)).toEqual([
      "0.weight",
      "1.weight",
      "2.weight",
      "4.weight",
    ]);
    expect(weightOf(own, 2)).toEqual(weightOf(own, 1));
    expect(own.parameters.biases[2]).not.toEqual(own.parameters.biases[1]);
    expect(own.unused).toEqual([]);
  });

  test("are layers in a numbered row, all of whose tensors are another's", () => {
    const bytes = model(mlp, { "3.weight": "2.weight", "3.bias": "2.bias" });
    expect(orderOf(bytes)).toEqual(["0", "2", "3", "4"]);
  });

  test("are second names where the chain has no place for them", () => {
    const twice = Object.fromEntries(Object.keys(mlp).map((name) => [`all.${name}`, name]));
    const own = read(model(linear({ "0": [8, 6], "2": [7, 8], "4": [3, 7] }), twice));
    expect(own.network.widths).toEqual([6, 8, 7, 3]);
    expect(own.unused).toEqual([]);
  });

  test("are refused where they may be either", () => {
    const bytes = model(linear({ first: [8, 6], mid: [8, 8], last: [3, 8] }), {
      "again.weight": "mid.weight",
      "again.bias": "mid.bias",
    });
    expect(() => read(bytes)).toThrow(/more than one order/);
    expect(orderOf(bytes, { layers: ["first", "mid", "last"] })).toEqual(["first", "mid", "last"]);
    const shared = read(bytes, { layers: ["first", "mid", "again", "last"] });
    expect(weightOf(shared, 2)).toEqual(weightOf(shared, 1));
  });

  test("are refused where no layer uses them", () => {
    expect(() => read(model(mlp, { "norm.weight": "0.bias" }))).toThrow(/norm\.weight \(8\) is no/);
    expect(() => read(model(mlp, { format: "pt", note: "of no tensor" }))).not.toThrow();
  });
});
