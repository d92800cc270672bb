import { describe, expect, test } from "vitest";
import { InputError } from "../../ts/errors/errors.js";
import { decodeTensors } from "../../ts/format/safetensors.js";
import { fileOf } from "./safetensorsFile.js";

const entry = (fields = "") => `"dtype":"F32","shape":[2],"data_offsets":[0,8]${fields}`;
const EIGHT = Array.from({ length: 8 }, (_, i) => i);
const read = (bytes: Uint8Array) => decodeTensors(bytes, "model");

describe("files that the format allows are read", () => {
  test.each<[string, string, number]>([
    ["one tensor", `{"w":{${entry()}}}`, 8],
    ["blanks at the header's end", `{"w":{${entry()}}}   `, 8],
    ["tensors in another order than their numbers'", orders([8, 16], [0, 8]), 16],
    ["no tensors", "{}", 0],
    ["metadata of none", `{"__metadata__":null,"w":{${entry()}}}`, 8],
    ["a scalar", '{"w":{"dtype":"F64","shape":[],"data_offsets":[0,8]}}', 8],
    [
      "an empty tensor",
      `{"e":{"dtype":"F32","shape":[0,7],"data_offsets":[0,0]},"w":{${entry()}}}`,
      8,
    ],
    [
      "an empty tensor behind the others",
      `{"e":{"dtype":"F32","shape":[0],"data_offsets":[8,8]},"w":{${entry()}}}`,
      8,
    ],
    ["a name that objects have from birth", `{"__proto__":{${entry()}}}`, 8],
    ["a type of six bits", '{"w":{"dtype":"F6_E2M3","shape":[4],"data_offsets":[0,3]}}', 3],
  ])("%s", (_, header, length) => {
    const { shapes, tensors, others } = read(fileOf(header, new Uint8Array(length)));
    const { __metadata__: _metadata, ...entries } = JSON.parse(header);
    expect(Object.keys(shapes ?? {}).sort()).toEqual(Object.keys(entries).sort());
    expect(Object.keys({ ...tensors, ...others }).sort()).toEqual(Object.keys(entries).sort());
  });

  test("as long as a zip archive's first bytes would say", () => {
    const header = `{"w":{${entry()}}}`.padEnd(0x4b50);
    const bytes = fileOf(header, EIGHT);
    expect([bytes[0], bytes[1]]).toEqual([0x50, 0x4b]);
    expect(read(bytes).tensors.w.length).toBe(2);
  });
});

function orders(...offsets: [number, number][]): string {
  const entries = offsets.map(
    (pair, i) => `"${i}":{"dtype":"F32","shape":[2],"data_offsets":[${pair}]}`,
  );
  return `{${entries}}`;
}

describe("files that the format does not allow are refused, in a line that says why", () => {
  const of = (fields: string) => `{"w":{${fields}}}`;
  test.each<[string, string | Uint8Array, number, RegExp]>([
    ["null", "null", 0, /does not begin with "\{"/],
    ["a list", "[]", 0, /does not begin with "\{"/],
    ["a blank first", " {}", 0, /does not begin with "\{"/],
    ["a byte order mark", "\ufeff{}", 0, /does not begin with "\{"/],
    ["an empty header", "", 0, /does not begin with "\{"/],
    ["no UTF-8", Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d), 0, /no UTF-8/],
    ["UTF-16", Uint8Array.of(0xff, 0xfe, 0x7b, 0, 0x7d, 0), 0, /no UTF-8/],
    ["no JSON", "{'w':1}", 0, /no JSON/],
    ["two values", "{}{}", 0, /no JSON/],
    ["half of a character", '{"\\ud800":1}', 0, /half of a character/],
    ["a name twice", `{"w":{${entry()}},"w":{${entry()}}}`, 8, /"w" stands there twice/],
    [
      "a name twice, once escaped",
      `{"w":{${entry()}},"\\u0077":{${entry()}}}`,
      8,
      /"w" stands there twice/,
    ],
    ["a field twice", of(entry(',"shape":[2]')), 8, /"shape" stands there twice/],
    ["metadata twice", `{"__metadata__":{},"__metadata__":{},"w":{${entry()}}}`, 8, /twice/],
    [
      "metadata's name twice",
      `{"__metadata__":{"a":"b","a":"c"},"w":{${entry()}}}`,
      8,
      /"a" stands/,
    ],
    [
      "metadata of numbers",
      `{"__metadata__":{"a":1},"w":{${entry()}}}`,
      8,
      /__metadata__ is .*texts/,
    ],
    ["metadata of a list", `{"__metadata__":[],"w":{${entry()}}}`, 8, /__metadata__ is/],
    ["a tensor of null", '{"w":null}', 0, /tensor "w" is null: takes an object/],
    ["a tensor of a list", '{"w":[]}', 0, /tensor "w" is \[\]: takes an object/],
    ["no type", of('"shape":[2],"data_offsets":[0,8]'), 8, /"w" has the type undefined/],
    ["an unknown type", of('"dtype":"INT8","shape":[8],"data_offsets":[0,8]'), 8, /type "INT8"/],
    [
      "a type from birth",
      of('"dtype":"toString","shape":[8],"data_offsets":[0,8]'),
      8,
      /type "toString"/,
    ],
    ["no shape", of('"dtype":"F32","data_offsets":[0,8]'), 8, /"w" has the shape undefined/],
    [
      "a shape of texts",
      of('"dtype":"F32","shape":["2"],"data_offsets":[0,8]'),
      8,
      /has the shape/,
    ],
    [
      "a negative size",
      of('"dtype":"F32","shape":[-2],"data_offsets":[0,8]'),
      8,
      /number -2 is no integer/,
    ],
    [
      "a fractional size",
      of('"dtype":"F32","shape":[2.0],"data_offsets":[0,8]'),
      8,
      /number 2\.0 is no/,
    ],
    [
      "a size that overflows",
      of('"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,0]'),
      0,
      /too large/,
    ],
    [
      "a size that overflows before a zero",
      of('"dtype":"F32","shape":[9007199254740991,9007199254740991,0],"data_offsets":[0,0]'),
      0,
      /too large/,
    ],
    ["no offsets", of('"dtype":"F32","shape":[2]'), 8, /data_offsets undefined/],
    ["one offset", of('"dtype":"F32","shape":[2],"data_offsets":[8]'), 8, /data_offsets \[8\]/],
    [
      "three offsets",
      of('"dtype":"F32","shape":[2],"data_offsets":[0,8,8]'),
      8,
      /data_offsets \[0,8,8\]/,
    ],
    [
      "falling offsets",
      of('"dtype":"F32","shape":[2],"data_offsets":[8,0]'),
      8,
      /data_offsets \[8,0\]/,
    ],
    [
      "a fractional offset",
      of('"dtype":"F32","shape":[2],"data_offsets":[0.5,8.5]'),
      9,
      /0\.5 is no integer/,
    ],
    ["an exponent", of('"dtype":"F32","shape":[2],"data_offsets":[0,8e0]'), 8, /8e0 is no integer/],
    [
      "a negative zero",
      of('"dtype":"F32","shape":[2],"data_offsets":[-0,8]'),
      8,
      /-0 is no integer/,
    ],
    [
      "an offset above 2^53",
      of('"dtype":"F32","shape":[2],"data_offsets":[0,9007199254740993]'),
      8,
      /is no integer/,
    ],
    [
      "a shape of too few numbers",
      of('"dtype":"F32","shape":[1],"data_offsets":[0,8]'),
      8,
      /has 8 bytes: takes 4 for F32 of shape \(1\)/,
    ],
    [
      "another type than its bytes'",
      of('"dtype":"F64","shape":[2],"data_offsets":[0,8]'),
      8,
      /has 8 bytes: takes 16/,
    ],
    [
      "an integer tensor that is too short",
      of('"dtype":"I64","shape":[2],"data_offsets":[0,8]'),
      8,
      /takes 16/,
    ],
    [
      "bits that are no bytes",
      of('"dtype":"F4","shape":[3],"data_offsets":[0,1]'),
      1,
      /has 1 bytes: takes 1\.5/,
    ],
    [
      "tensors that overlap",
      orders([0, 8], [4, 12]),
      12,
      /"1" begins at 4, and the one before it ends at 8/,
    ],
    [
      "the same numbers twice",
      orders([0, 8], [0, 8]),
      8,
      /begins at 0, and the one before it ends at 8/,
    ],
    ["a hole between tensors", orders([0, 8], [12, 20]), 20, /begins at 12/],
    ["a hole before them", orders([4, 12]), 12, /begins at 4, and the one before it ends at 0/],
    ["bytes left over", of(entry()), 9, /tensors have 8 bytes, and the file has 9/],
    ["bytes that lack", of(entry()), 7, /tensors have 8 bytes, and the file has 7/],
    ["bytes of no tensor", "{}", 1, /tensors have 0 bytes, and the file has 1/],
    [
      "a header too deep",
      `{"w":{${entry(`,"x":${"[".repeat(200)}${"]".repeat(200)}`)}}}`,
      8,
      /too deep/,
    ],
  ])("%s", (_, header, length, why) => {
    const bytes = fileOf(header, new Uint8Array(length));
    expect(() => read(bytes)).toThrow(InputError);
    expect(() => read(bytes)).toThrow(/^model is damaged or no safetensors file: /);
    expect(() => read(bytes)).toThrow(why);
  });

  test("a header's length beyond the file, above the format's limit, or no number of this machine", () => {
    const bytes = fileOf(`{"w":{${entry()}}}`, EIGHT);
    const view = new DataView(bytes.buffer);
    const lengths: [bigint, RegExp][] = [
      [BigInt(bytes.length), /header would end at byte \d+, and the file has/],
      [100_000_001n, /header would have 100000001 bytes, and the most is 100000000/],
      [2n ** 64n - 1n, /header would have 18446744073709551615 bytes/],
    ];
    for (const [length, why] of lengths) {
      view.setBigUint64(0, length, true);
      expect(() => read(bytes)).toThrow(why);
    }
  });
});
