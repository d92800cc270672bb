import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { pathToFileURL } from "node:url";
import { inflateSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SHADERS } from "../../ts/backend/webgpu/embeddedDigest.js";
import { InputError } from "../../ts/errors/errors.js";
import * as embedded from "../../ts/kernels/embedded.js";
import { DIGESTS } from "../../ts/kernels/embeddedDigests.js";
import * as embeddedRelaxed from "../../ts/kernels/embeddedRelaxed.js";
import * as embeddedWide from "../../ts/kernels/embeddedWide.js";
import { type Kernels, loadKernels as portable } from "../../ts/kernels/kernels.js";
import { loadKernels } from "../../ts/kernels/node/load.js";
import { OTHER_KERNELS } from "../support/otherKernels.js";

const bytes = (base64: string) => Uint8Array.from(inflateSync(Buffer.from(base64, "base64")));
const BASELINE = bytes(embedded.BYTES);

/** What Philox makes of a zero key and counter: the published known answer. */
function works(kernels: Kernels): boolean {
  const instance = kernels.instantiate();
  const out = Math.ceil(instance.heapBase() / 16) * 16;
  instance.memory.grow(1);
  instance.philox(0, 0, 0, 0, 0, 0, out);
  return new Uint32Array(instance.memory.buffer, out, 4)[0] === 0x6627e8d5;
}

describe("where the kernels come from", () => {
  const server = createServer(({ url }, answer) => {
    if (url === "/kernels.wasm") answer.end(BASELINE);
    else if (url === "/page.html") answer.end("<!doctype html>");
    else answer.writeHead(404).end();
  });
  let origin = "";
  beforeAll(async () => {
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  test("the embedded bytes are those of the build", async () => {
    expect(BASELINE).toEqual(new Uint8Array(readFileSync("build/kernels.wasm")));
    expect(bytes(embeddedRelaxed.BYTES)).toEqual(
      new Uint8Array(readFileSync("build/kernels-relaxed.wasm")),
    );
    expect(bytes(embeddedWide.BYTES)).toEqual(
      new Uint8Array(readFileSync("build/kernels-wide.wasm")),
    );
    expect(works(await portable())).toBe(true);
  });

  test("digests are those of the bytes, and of the shaders' sources", async () => {
    const sha256 = (...parts: Uint8Array[]) =>
      createHash("sha256").update(Buffer.concat(parts)).digest("hex");
    expect(DIGESTS.baseline).toBe(sha256(BASELINE));
    expect(DIGESTS.relaxed).toBe(sha256(bytes(embeddedRelaxed.BYTES)));
    const sources = readdirSync("gpu").sort();
    expect(sources.length).toBeGreaterThan(10);
    expect(SHADERS).toBe(sha256(...sources.map((file) => readFileSync(`gpu/${file}`))));
    expect((await portable()).digest).toBe(DIGESTS.baseline);
    // The wide module makes the bits of the relaxed one.
    expect((await portable({ fast: true })).digest).toBe(DIGESTS.relaxed);
  });

  test("bytes, an http URL, a file URL of one's own", async () => {
    const file = pathToFileURL("build/kernels.wasm");
    for (const baseline of [BASELINE, BASELINE.buffer, `${origin}/kernels.wasm`, file, file.href]) {
      expect(works(await loadKernels({ baseline }))).toBe(true);
    }
    expect(works(await portable({ baseline: new URL(`${origin}/kernels.wasm`) }))).toBe(true);
  });

  test.each([
    ["truncated bytes", () => BASELINE.subarray(0, 5000), /not ninscope's kernels/],
    [
      "a module of another kind",
      () => Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0),
      /no export "run"/,
    ],
    ["a page", () => `${origin}/page.html`, /not ninscope's kernels/],
    ["a missing page", () => `${origin}/nothing`, /answered 404/],
    ["a closed port", () => "http://127.0.0.1:9/kernels.wasm", /could not be fetched/],
    ["a missing file", () => pathToFileURL("build/nothing.wasm"), /could not be read/],
  ])("%s is refused in one line that names the option", async (_, source, message) => {
    const load = async () => (await loadKernels({ baseline: source() })).instantiate();
    const error = await load().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).field).toBe("baseline");
    expect((error as InputError).message).toMatch(message);
    expect((error as InputError).message).not.toContain("\n");
  });
});

describe("flavours", () => {
  test("a module of one's own is told from ninscope's by its bytes, not by where it came from", async () => {
    const same = await loadKernels({ baseline: BASELINE });
    expect([same.flavour, same.digest]).toEqual(["baseline", DIGESTS.baseline]);
    const other = await loadKernels({ baseline: OTHER_KERNELS });
    expect(other.flavour).toBe("own");
    expect(other.digest).toBe(createHash("sha256").update(OTHER_KERNELS).digest("hex"));
    expect(works(other)).toBe(true);
    // Baseline bytes in the place of the relaxed ones are baseline.
    const swapped = await loadKernels({ fast: true, relaxed: BASELINE });
    expect([swapped.flavour, swapped.digest]).toEqual(["baseline", DIGESTS.baseline]);
  });

  test("the default is the same bits everywhere; fast takes what the host has", async () => {
    expect((await loadKernels()).flavour).toBe("baseline");
    const fast = await loadKernels({ fast: true });
    expect(fast.flavour).toBe("relaxed");
    expect(works(fast)).toBe(true);
  });

  test("instances share no memory", async () => {
    const kernels = await loadKernels();
    const [a, b] = [kernels.instantiate(), kernels.instantiate()];
    expect(a.memory).not.toBe(b.memory);
  });

  test("the baseline module asks for no relaxed instruction, the relaxed one does", () => {
    // Opcode 0xfd 0x85 0x02 is f32x4.relaxed_madd.
    const madd = Buffer.from([0xfd, 0x85, 0x02]);
    expect(Buffer.from(BASELINE).includes(madd)).toBe(false);
    expect(Buffer.from(bytes(embeddedRelaxed.BYTES)).includes(madd)).toBe(true);
  });
});
