import { fileOf } from "./safetensorsFile.js";

type Random = () => number;

/** A tensors file in its parts: fields of entries as JSON's text, so that they can be what JSON.stringify never writes. */
interface Draft {
  metadata: [name: string, json: string][] | null;
  entries: { name: string; fields: [name: string, json: string][] }[];
  data: number[];
}

const SIZES: Readonly<Record<string, number>> = {
  ...{ BOOL: 1, U8: 1, I8: 1, F8_E5M2: 1, F8_E4M3: 1, F8_E8M0: 1, U16: 2, I16: 2, F16: 2, BF16: 2 },
  ...{ U32: 4, I32: 4, F32: 4, U64: 8, I64: 8, F64: 8, C64: 8 },
};
const READ = ["F16", "BF16", "F32", "F64"];
const NAMES = [
  "a",
  "0.weight",
  "bn.running_mean",
  "é",
  "__proto__",
  "toString",
  "",
  "x.1",
  "\u{1f600}",
];

const upTo = (random: Random, n: number) => Math.floor(random() * n);
const oneOf = <T>(random: Random, list: readonly T[]): T => list[upTo(random, list.length)];

/** A network, or tensors of any kind. */
export function validFile(random: Random): Draft {
  const isNetwork = random() < 0.6;
  const tensors: [string, string, number[]][] = [];
  if (isNetwork) {
    const dtype = oneOf(random, READ);
    const prefix = oneOf(random, ["", "net.", "module.fc", "h_"]);
    const widths = Array.from({ length: 2 + upTo(random, 4) }, () => 1 + upTo(random, 5));
    for (let l = 0; l + 1 < widths.length; l++) {
      tensors.push([`${prefix}${2 * l}.weight`, dtype, [widths[l + 1], widths[l]]]);
      if (random() < 0.8) tensors.push([`${prefix}${2 * l}.bias`, dtype, [widths[l + 1]]]);
    }
  } else {
    const names = NAMES.filter(() => random() < 0.4);
    for (const name of names) {
      const shape = Array.from({ length: upTo(random, 4) }, () => upTo(random, 4));
      tensors.push([name, oneOf(random, Object.keys(SIZES)), shape]);
    }
  }
  let offset = 0;
  const entries = tensors.map(([name, dtype, shape]) => {
    const from = offset;
    offset += shape.reduce((a, b) => a * b, 1) * SIZES[dtype];
    const fields: [string, string][] = [
      ["dtype", JSON.stringify(dtype)],
      ["shape", JSON.stringify(shape)],
      ["data_offsets", `[${from},${offset}]`],
    ];
    return { name, fields };
  });
  // Bytes of small exponents, most of which are finite numbers.
  const data = Array.from({ length: offset }, () => upTo(random, 64));
  return { metadata: random() < 0.5 ? [["format", '"pt"']] : null, entries, data };
}

type Mutation = (draft: Draft, random: Random) => void;

const STRANGE = [
  "null",
  "[]",
  "{}",
  "-1",
  "0.5",
  "1e1",
  '"0"',
  "true",
  "9007199254740993",
  "[0]",
  "[0,0,0]",
  "[[0],8]",
];

function entryOf({ entries }: Draft, random: Random) {
  return entries.length > 0 ? oneOf(random, entries) : { name: "", fields: [] };
}

function set(fields: [string, string][], key: string, change: (json: string) => string): void {
  for (const field of fields) if (field[0] === key) field[1] = change(field[1]);
}

/** A number within a field moved a little. */
function nudged(json: string, random: Random): string {
  const by = oneOf(random, [-8, -4, -1, 1, 2, 4, 8, 2 ** 31, 2 ** 53]);
  const places = [...json.matchAll(/\d+/g)];
  if (places.length === 0) return json;
  const { index, 0: digits } = oneOf(random, places);
  return json.slice(0, index) + String(Number(digits) + by) + json.slice(index + digits.length);
}

/** The list in a field, if no other change has left it without. */
function listIn(json: string): unknown[] {
  const value: unknown = JSON.parse(json);
  return Array.isArray(value) ? value : [];
}

/** Of what the file says, most of which are wrong then. */
const STRUCTURE: readonly Mutation[] = [
  (draft, random) =>
    set(entryOf(draft, random).fields, "data_offsets", (json) => nudged(json, random)),
  (draft, random) => set(entryOf(draft, random).fields, "shape", (json) => nudged(json, random)),
  (draft, random) =>
    set(entryOf(draft, random).fields, "shape", (json) => JSON.stringify(listIn(json).reverse())),
  (draft, random) =>
    set(entryOf(draft, random).fields, "shape", (json) => JSON.stringify([1, ...listIn(json)])),
  (draft, random) =>
    set(entryOf(draft, random).fields, "dtype", () =>
      JSON.stringify(oneOf(random, [...Object.keys(SIZES), "F4", "F6_E2M3", "INT8", "f32", ""])),
    ),
  (draft, random) =>
    set(entryOf(draft, random).fields, oneOf(random, ["dtype", "shape", "data_offsets"]), () =>
      oneOf(random, STRANGE),
    ),
  (draft, random) => {
    const [a, b] = [entryOf(draft, random), entryOf(draft, random)];
    const [x, y] = [a, b].map(({ fields }) => fields.find(([key]) => key === "data_offsets")?.[1]);
    set(a.fields, "data_offsets", (json) => y ?? json);
    set(b.fields, "data_offsets", (json) => x ?? json);
  },
  (draft, random) => void entryOf(draft, random).fields.splice(upTo(random, 3), 1),
  (draft, random) => {
    const { fields } = entryOf(draft, random);
    fields.push(
      fields.length > 0 && random() < 0.5
        ? [...oneOf(random, fields)]
        : ["note", oneOf(random, STRANGE)],
    );
  },
  (draft, random) => {
    draft.entries.push(structuredClone(entryOf(draft, random)));
  },
  (draft, random) => {
    entryOf(draft, random).name =
      random() < 0.5 ? entryOf(draft, random).name : oneOf(random, NAMES);
  },
  (draft, random) => void draft.entries.splice(upTo(random, draft.entries.length), 1),
  (draft) => void draft.entries.reverse(),
  (draft, random) => {
    const { name } = entryOf(draft, random);
    draft.metadata ??= [];
    draft.metadata.push([
      oneOf(random, ["format", "tied.weight", "net.1.weight", "other.bias"]),
      random() < 0.8 ? JSON.stringify(name) : oneOf(random, STRANGE),
    ]);
  },
  (draft, random) =>
    void draft.data.splice(upTo(random, draft.data.length + 1), 1 + upTo(random, 8)),
  (draft, random) => void draft.data.push(...new Array(1 + upTo(random, 8)).fill(0)),
  (draft, random) => {
    const end = draft.data.length;
    draft.entries.push({
      name: "empty",
      fields: [
        ["dtype", '"F32"'],
        ["shape", "[0,3]"],
        ["data_offsets", `[${end},${end}]`.replace(/\d+/g, (n) => String(random() < 0.7 ? n : 4))],
      ],
    });
  },
];

function textOf({ metadata, entries }: Draft): string {
  const object = (members: readonly (readonly [string, string])[]) =>
    `{${members.map(([key, json]) => `${JSON.stringify(key)}:${json}`)}}`;
  return object([
    ...(metadata ? [["__metadata__", object(metadata)] as const] : []),
    ...entries.map(({ name, fields }) => [name, object(fields)] as const),
  ]);
}

/** Of the header's text. */
const TEXT: readonly ((text: string, random: Random) => string)[] = [
  (text) => `${text}   `,
  (text) => `\ufeff${text}`,
  (text) => ` ${text}`,
  (text) => text.replace(/:/g, " :\n"),
  (text) => text.replace("weight", "\\u0077eight"),
  (text) => text.replace("weight", "\\ud800eight"),
  (text, random) => text.slice(0, upTo(random, text.length)),
  (text, random) => {
    const at = upTo(random, text.length);
    return (
      text.slice(0, at) +
      oneOf(random, [...'{}[],:"0-.e \\ntu\u0000é']) +
      text.slice(at + upTo(random, 2))
    );
  },
  (_, random) =>
    oneOf(random, ["null", "[]", "0", "{}", '""', "", '{"a":'.repeat(300), "[".repeat(300)]),
];

/** Of the file's bytes. */
const BYTES: readonly ((bytes: Uint8Array, random: Random) => Uint8Array)[] = [
  (bytes, random) => {
    const out = Uint8Array.from(bytes);
    out[upTo(random, out.length)] ^= 1 << upTo(random, 8);
    return out;
  },
  (bytes, random) => {
    const out = Uint8Array.from(bytes);
    const header = 8 + Number(new DataView(out.buffer).getBigUint64(0, true));
    const at = header + upTo(random, Math.max(1, out.length - header));
    if (at < out.length) out[at] ^= 1 << upTo(random, 8);
    return out;
  },
  (bytes, random) => bytes.slice(0, upTo(random, bytes.length)),
  (bytes, random) => {
    const out = Uint8Array.from(bytes);
    const view = new DataView(out.buffer);
    const length = view.getBigUint64(0, true);
    const lengths = [length + 1n, length - 1n, 0n, 1n << 40n, (1n << 64n) - 1n, BigInt(out.length)];
    view.setBigUint64(0, BigInt.asUintN(64, oneOf(random, lengths)), true);
    return out;
  },
];

/** The file of a draft after none to three changes, so that some are still right. */
export function mutated(draft: Draft, random: Random): Uint8Array {
  const many = (most: number) => (random() < 0.5 ? 0 : 1 + upTo(random, most));
  for (let k = many(2); k > 0; k--) oneOf(random, STRUCTURE)(draft, random);
  let text = textOf(draft);
  if (random() < 0.3) text = oneOf(random, TEXT)(text, random);
  const bytes = fileOf(text, draft.data);
  return random() < 0.3 ? oneOf(random, BYTES)(bytes, random) : bytes;
}
