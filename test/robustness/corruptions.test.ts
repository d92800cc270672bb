import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readNpz } from "../../ts/data/npz.js";
import { InputError } from "../../ts/errors/errors.js";
import { loadKernels } from "../../ts/kernels/node/load.js";
import { Streams } from "../../ts/random/streams.js";
import { corrupt } from "../../ts/robustness/corruptions/corrupt.js";
import {
  CORRUPTION_NAMES,
  CORRUPTIONS,
  type CorruptionName,
} from "../../ts/robustness/corruptions/corruptions.js";
import { type Corruption, PIXELS } from "../../ts/robustness/corruptions/image.js";
import { halfResolution } from "../../ts/robustness/halfResolution.js";
import { normals, uniforms } from "./draws.js";

const kernels = await loadKernels();
const FIXTURE = new URL("fixtures/corruptions.npz", import.meta.url);
const SEVERITIES = [1, 2, 3, 4, 5];

/** Images of random greys. */
function noisy(count: number): Float32Array {
  return Float32Array.from(uniforms(count * PIXELS, 99));
}

describe("against NumPy and SciPy at the same draws", () => {
  const arrays = readNpz(readFileSync(FIXTURE), "corruptions.npz");
  const images = arrays.get("images")?.values ?? new Float32Array(0);

  test.each(CORRUPTION_NAMES.map((name, place) => [name, place] as const))("%s", (name, place) => {
    const expected = arrays.get(name)?.values ?? new Float32Array(0);
    const corruption: Corruption = CORRUPTIONS[name];
    for (const severity of SEVERITIES) {
      const which = (severity + 1 + place) % 3;
      const image = Float64Array.from(images.subarray(which * PIXELS, (which + 1) * PIXELS));
      const found = corruption.apply(image, severity, {
        uniforms: uniforms(corruption.uniforms, 1 + severity),
        normals: normals(corruption.normals, 11 + severity),
      });
      let worst = 0;
      for (let i = 0; i < PIXELS; i++) {
        const clipped = Math.min(Math.max(found[i], 0), 1);
        worst = Math.max(worst, Math.abs(clipped - expected[(severity - 1) * PIXELS + i]));
      }
      // The fixture holds float32: half a last bit of 1, and a little for float64's own rounding.
      expect(worst, `${name} at severity ${severity}`).toBeLessThan(2 ** -25 + 1e-12);
    }
  });

  test("half the resolution", () => {
    const expected = arrays.get("half-resolution")?.values ?? new Float64Array(0);
    const found = halfResolution(Float32Array.from(images));
    expect(found.length).toBe(expected.length);
    for (let i = 0; i < found.length; i++) {
      expect(Math.abs(found[i] - expected[i])).toBeLessThan(2 ** -25 + 1e-12);
    }
  });

  test("the fixture has every corruption, and each severity changes the image", () => {
    expect([...arrays.keys()]).toEqual(["images", ...CORRUPTION_NAMES, "half-resolution"]);
    for (const name of CORRUPTION_NAMES) {
      expect(arrays.get(name)?.shape).toEqual([5, 28, 28]);
      for (const severity of SEVERITIES) {
        const image = noisy(1);
        expect(corrupt(image, name, severity, new Streams(kernels, 1))).not.toEqual(image);
      }
    }
  });
});

describe("any image", () => {
  const streams = new Streams(kernels, 5);
  const names = fc.constantFrom(...CORRUPTION_NAMES);
  /** Black, white, grey, two levels, all levels, or the smallest levels that there are. */
  const greys = fc
    .record({ kind: fc.nat(5), seed: fc.integer({ min: 1, max: 1e9 }) })
    .map(({ kind, seed }) =>
      Float32Array.from(
        uniforms(PIXELS, seed),
        (u) => [0, 1, 0.5, Math.round(u), u, 1e-38 * u ** 9][kind],
      ),
    );

  test("is the same at severity 0, and stays what it was", () => {
    fc.assert(
      fc.property(names, greys, (name, image) => {
        const before = image.slice();
        // A corrupted zero may carry a sign.
        expect(corrupt(image, name, 0, streams).map((value) => value + 0)).toEqual(
          before.map((value) => value + 0),
        );
        expect(image).toEqual(before);
      }),
      { numRuns: 300 },
    );
  });

  test("never leaves [0, 1]", () => {
    const place = fc.record({ severity: fc.integer({ min: 0, max: 5 }), first: fc.nat(1e6) });
    fc.assert(
      fc.property(names, greys, place, (name, image, { severity, first }) => {
        const found = corrupt(image, name, severity, streams, first);
        expect(found.findIndex((value) => !(value >= 0 && value <= 1))).toBe(-1);
      }),
      { numRuns: 300 },
    );
  });

  test("has the same random numbers wherever it stands in a batch", () => {
    const images = noisy(70);
    for (const name of CORRUPTION_NAMES) {
      const all = corrupt(images, name, 3, streams);
      const part = corrupt(images.subarray(66 * PIXELS), name, 3, streams, 66);
      expect(all.subarray(66 * PIXELS), name).toEqual(part);
    }
  });

  test.each([
    ["snow", 3, noisy(1), "corruption"],
    ["fog", 6, noisy(1), "severity"],
    ["fog", 2.5, noisy(1), "severity"],
    ["fog", 3, new Float32Array(100), "images"],
    ["fog", 3, new Float32Array(PIXELS).fill(1.01), "images"],
    ["fog", 3, new Float32Array(PIXELS).fill(Number.NaN), "images"],
  ])("%s at severity %d is refused where it is wrong", (name, severity, images, field) => {
    const call = () => corrupt(images, name as CorruptionName, severity, streams);
    expect(call).toThrow(InputError);
    expect(call).toThrow(expect.objectContaining({ field }));
  });
});
