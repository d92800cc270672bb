import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InputError, RunError } from "../../ts/errors/errors.js";
import { decodeTensors, encodeTensors } from "../../ts/format/safetensors.js";
import { decodeCheckpoint, encodeCheckpoint } from "../../ts/store/checkpointFile.js";
import type { Checkpoint } from "../../ts/train/checkpoint.js";

const numbers = (...values: number[]) => Float64Array.from(values);

describe("safetensors", () => {
  it("are laid out as their specification says", () => {
    const bytes = encodeTensors({ tensors: { w: Float32Array.of(1, -2) }, metadata: { a: "b" } });
    const view = new DataView(bytes.buffer);
    const length = Number(view.getBigUint64(0, true));
    expect((8 + length) % 8).toBe(0);
    expect(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))).toEqual({
      __metadata__: { a: "b" },
      w: { dtype: "F32", shape: [2], data_offsets: [0, 8] },
    });
    expect([view.getFloat32(8 + length, true), view.getFloat32(12 + length, true)]).toEqual([
      1, -2,
    ]);
  });

  it("give back every bit, wherever in a buffer they stand", () => {
    fc.assert(
      fc.property(fc.float64Array(), fc.float32Array(), fc.nat(9), (a, b, shift) => {
        const bytes = encodeTensors({ tensors: { a, b }, metadata: {} });
        const moved = Buffer.concat([Buffer.alloc(shift), bytes]).subarray(shift);
        expect(decodeTensors(moved, "file").tensors).toEqual({ a, b });
      }),
    );
  });

  it("are refused when they are cut anywhere, or are something else", () => {
    const bytes = encodeTensors({ tensors: { w: numbers(1, 2, 3) }, metadata: {} });
    for (let cut = 0; cut < bytes.length; cut++) {
      expect(() => decodeTensors(bytes.subarray(0, cut), "file")).toThrow(InputError);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (other) => {
        expect(() => decodeTensors(other, "file")).toThrow(/file is damaged/);
      }),
    );
  });
});

describe("a checkpoint's file", () => {
  const none = numbers();
  const checkpoint: Checkpoint = {
    step: 12345,
    seconds: 1.5,
    carried: { dose: numbers(2, 0.1, Number.MIN_VALUE) },
    buffers: { "weights.0": numbers(1, Number.NaN, -0), "velocity.0": numbers(3) },
    trajectory: {
      steps: {
        step: numbers(0, 1),
        loss: numbers(1, 0.1 + 0.2),
        niwNorm: numbers(2, 2),
        effectiveNiw: none,
        kappa: none,
        memory: numbers(1, 0.99),
        kick: numbers(0, 1e-9),
        dosePaid: numbers(0, -0.5),
        doseBudget: numbers(0, 1e300),
      },
      evaluations: {
        step: numbers(0),
        epoch: numbers(0),
        unperturbedLoss: numbers(1),
        trainAccuracy: numbers(Number.NaN),
        testLoss: numbers(Number.POSITIVE_INFINITY),
        testAccuracy: numbers(0),
        niwNorm: numbers(0),
        memory: numbers(1),
        effectiveNiw: numbers(0),
        dosePaid: numbers(2),
        doseBudget: numbers(Number.NaN),
      },
    },
  };

  it("gives back all of it", () => {
    const bytes = encodeCheckpoint("key", checkpoint);
    expect(decodeCheckpoint("key", bytes, "file")).toEqual(checkpoint);
  });

  it("is the run's failure where it is cut, not the user's input", () => {
    const bytes = encodeCheckpoint("key", checkpoint);
    for (let cut = 0; cut < bytes.length; cut += 97) {
      expect(() => decodeCheckpoint("key", bytes.subarray(0, cut), "file")).toThrow(RunError);
    }
  });

  it("is nothing to another run", () => {
    expect(decodeCheckpoint("other", encodeCheckpoint("key", checkpoint), "file")).toBeNull();
  });
});
