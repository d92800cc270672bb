import { expect, test } from "vitest";
import { readNetwork } from "../../ts/curvature/ownNetwork.js";
import { InputError } from "../../ts/errors/errors.js";
import { decodeTensors } from "../../ts/format/safetensors.js";
import { mulberry } from "../support/mulberry.js";
import { mutated, validFile } from "./safetensorsMutations.js";
import { oracle } from "./safetensorsOracle.js";

/** As many by hand: NINSCOPE_FUZZ=20000 npx vitest run --project sources test/format/safetensorsFuzz.test.ts */
const CASES = Number(process.env.NINSCOPE_FUZZ ?? 600);

/** What `action` gives back, or null where it refuses the file as it should. */
function orRefused<T>(action: () => T): T | null {
  try {
    return action();
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    const { message, field } = error as InputError;
    expect(message).toContain("the-file");
    expect(message).not.toMatch(/\n|undefined is not|Cannot read|\[object/);
    expect(message.length).toBeLessThan(2000);
    expect(field).not.toBe("");
    return null;
  }
}

test("a damaged tensors file is refused, or read as its bytes say", { timeout: 3_600_000 }, () => {
  const random = mulberry(20240611);
  let accepted = 0;
  let networks = 0;
  for (let k = 0; k < CASES; k++) {
    const bytes = mutated(validFile(random), random);
    const expected = oracle(bytes);
    const found = orRefused(() => decodeTensors(bytes, "the-file"));
    // Both ways: nothing wrong is read, and nothing right is refused.
    expect(found !== null, `case ${k} is ${expected ? "right" : "wrong"}`).toBe(expected !== null);
    const own = orRefused(() =>
      readNetwork(bytes, "the-file", { activation: "tanh", loss: "mse" }),
    );
    if (!found || !expected) {
      expect(own).toBeNull();
      continue;
    }
    accepted++;
    const { metadata, tensors } = expected;
    expect(Object.keys(found.shapes ?? {}).sort()).toEqual([...tensors.keys()].sort());
    expect(new Map(Object.entries(found.metadata))).toEqual(metadata);
    for (const [name, { dtype, shape, values }] of tensors) {
      expect(found.shapes?.[name]).toEqual(shape);
      if (values) expect(Array.from(found.tensors[name])).toEqual(values);
      else expect(found.others?.[name]).toBe(dtype);
    }
    if (!own) continue;
    networks++;
    const tensor = (name: string) => tensors.get(name) ?? tensors.get(metadata.get(name) ?? "");
    const used = own.layers.flatMap(({ weight, bias }) => [weight, bias ?? weight].map(tensor));
    expect(new Set(used)).toEqual(new Set(tensors.values()));
    own.layers.forEach(({ weight, bias }, l) => {
      const { widths } = own.network;
      expect(tensor(weight)?.shape).toEqual([widths[l + 1], widths[l]]);
      expect([...own.parameters.weights[l]]).toEqual(tensor(weight)?.values);
      const zeros = new Array(widths[l + 1]).fill(0);
      expect([...own.parameters.biases[l]]).toEqual(bias ? tensor(bias)?.values : zeros);
    });
  }
  // The mutations neither spare nor break everything.
  expect(accepted).toBeGreaterThan(CASES / 10);
  expect(accepted).toBeLessThan((CASES * 9) / 10);
  expect(networks).toBeGreaterThan(CASES / 50);
});
