import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { still } from "../../ts/report/still.js";
import { inProcess } from "./run.js";

const GOLDENS = "test/report/goldens";
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ninscope-png-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Width and height, as the picture's header tells them. */
function size(png: Buffer): [number, number] {
  expect(png.subarray(1, 4).toString()).toBe("PNG");
  return [png.readUInt32BE(16), png.readUInt32BE(20)];
}

describe("ninscope png", () => {
  test("makes pictures of the width that is asked for, beside their figures", async () => {
    const figure = join(folder, "calibration.svg");
    await copyFile(join(GOLDENS, "calibration.svg"), figure);
    const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(await readFile(figure, "utf8"))!;
    const { code, out, err } = await inProcess(["png", "--width", "900", figure]);
    expect([code, err, out]).toEqual([0, "", `${figure.replace("svg", "png")}\n`]);
    const light = await readFile(join(folder, "calibration.png"));
    expect(size(light)).toEqual([900, Math.ceil((900 * Number(height)) / Number(width))]);
    await inProcess(["png", "--width", "900", "--dark", figure]);
    expect((await readFile(join(folder, "calibration.png"))).equals(light)).toBe(false);
  });

  test("refuses what is no figure in one line, and writes nothing", async () => {
    await writeFile(join(folder, "other.svg"), "<svg/>");
    for (const [name, message] of [
      ["other.svg", /^ninscope: figures: .*other.svg: it is no figure of ninscope\n$/],
      ["none.svg", /there is no such file; takes the path of a file\n$/],
      ["figure.txt", /takes a name that ends in .svg\n$/],
    ] as const) {
      const { code, err } = await inProcess(["png", join(folder, name)]);
      expect(code).toBe(2);
      expect(err).toMatch(message);
    }
    const { code, err } = await inProcess(["png", "--width", "1.5", join(folder, "other.svg")]);
    expect([code, err]).toEqual([
      2,
      'ninscope: --width is "1.5": takes a whole number from 16 to 20000\n',
    ]);
    expect(await readdir(folder)).not.toContain("other.png");
  });
});

test("a still of any figure names no variable, and is in its scheme's colours", async () => {
  for (const name of await readdir(GOLDENS)) {
    const svg = await readFile(join(GOLDENS, name), "utf8");
    for (const [scheme, paper] of [
      ["light", "#ffffff"],
      ["dark", "#16181d"],
    ] as const) {
      const text = still(svg, scheme);
      expect(text, name).not.toMatch(/var\(|--[a-z]|@media|currentColor/);
      expect(text, name).toContain(`fill="${paper}"`);
    }
  }
});
