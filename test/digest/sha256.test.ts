import { createHash } from "node:crypto";
import { afterEach, describe, expect, test, vi } from "vitest";
import { sha256 } from "../../ts/digest/sha256.js";
import { train } from "../../ts/entries/browser.js";
import { hashRuns } from "../../ts/format/hash.js";
import { mulberry } from "../support/mulberry.js";

afterEach(() => vi.unstubAllGlobals());

/** As the host of a page that came over plain http: no `crypto`, or one without `subtle`. */
const HOSTS: [string, unknown][] = [
  ["with crypto.subtle", globalThis.crypto],
  ["without crypto.subtle", { getRandomValues: () => {} }],
  ["without crypto", undefined],
];

describe.each(HOSTS)("SHA-256 %s", (_, host) => {
  test("of the standard's examples", async () => {
    vi.stubGlobal("crypto", host);
    const of = (text: string) => sha256(new TextEncoder().encode(text));
    // FIPS 180-4, examples of NIST.
    expect(await of("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(await of("abc")).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
    expect(await of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")).toBe(
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    );
  });

  test("of any length, blocks and pieces at their edges", async () => {
    vi.stubGlobal("crypto", host);
    const random = mulberry(7);
    for (const length of [1, 55, 56, 63, 64, 65, 119, 120, 128, 2 ** 18 - 1, 2 ** 18, 600_001]) {
      const bytes = Uint8Array.from({ length }, () => 256 * random());
      const wanted = createHash("sha256").update(bytes).digest("hex");
      expect(await sha256(bytes), `${length} bytes`).toBe(wanted);
      // A view in the midst of a buffer.
      const inner = bytes.subarray(1);
      expect(await sha256(inner)).toBe(createHash("sha256").update(inner).digest("hex"));
    }
  });

  test("a run has the same hash", async () => {
    const run = await train({
      network: { layers: [6] },
      data: { name: "gaussian-mixture", inputs: 4, classes: 3, train: 40, test: 20 },
      optimizer: { batchSize: 20 },
      epochs: 2,
    });
    const usual = await hashRuns([run]);
    vi.stubGlobal("crypto", host);
    expect(await hashRuns([run])).toBe(usual);
  });
});
