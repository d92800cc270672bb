import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { parseHTML } from "linkedom";
import { chromium } from "playwright-core";
import { describe, expect, test } from "vitest";
import { CURVES, ON_PHASE, PAPER, PHASE_COLOURS } from "../../ts/report/palette.js";
import { chromiumPath } from "../golden/chromium.js";
import { anyPhases, FIGURES } from "./figures.js";

const GOLDENS = "test/report/goldens";
const names = Object.keys(FIGURES);
/** Maps of random phases and boundaries that are looked at, too. */
const MIXTURES = process.env.NINSCOPE_SOAK === "full" ? 200 : 20;

/** Coordinates to a tenth: what hosts compute may differ in the last digits of an `exp`. */
const rounded = (svg: string) =>
  svg.replace(/-?\d+\.\d{2,}(e-?\d+)?/g, (x) => String(Math.round(10 * Number(x)) / 10 + 0));

describe("figures", () => {
  test.each(names)("%s is what it was (NINSCOPE_GOLDEN=write makes it anew)", async (name) => {
    const svg = FIGURES[name]();
    const path = `${GOLDENS}/${name}.svg`;
    if (process.env.NINSCOPE_GOLDEN === "write") {
      await mkdir(GOLDENS, { recursive: true });
      await writeFile(path, svg);
    }
    expect(existsSync(path)).toBe(true);
    expect(rounded(svg)).toBe(rounded(await readFile(path, "utf8")));
  });

  test.each(names)(
    "%s is the same bytes each time, names itself, and needs nothing else",
    (name) => {
      const svg = FIGURES[name]();
      expect(FIGURES[name]()).toBe(svg);
      const { document } = parseHTML(svg);
      expect(document.querySelector("title")?.textContent).toBeTruthy();
      expect(document.querySelector("desc")?.textContent).toContain(
        "fixed data <of> the tests & no",
      );
      expect(svg).not.toMatch(/href|url\(|<script|NaN|undefined|Infinity/);
      expect(svg).toContain("prefers-color-scheme: dark");
    },
  );

  test("in a browser no word leaves the figure or covers another", async ({ skip }) => {
    const executablePath = chromiumPath();
    if (!executablePath) return skip("no Chromium: set NINSCOPE_CHROMIUM to its path");
    const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    try {
      // Themes differ in colours alone.
      const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
      const mixtures = Array.from({ length: MIXTURES }, (_, i) => `mixture ${i} of phases`);
      for (const name of [...names, ...mixtures]) {
        const svg = FIGURES[name]?.() ?? anyPhases(mixtures.indexOf(name));
        await page.setContent(`<body style="margin:0">${svg}</body>`);
        const faults = await page.evaluate(() => {
          const whole = document.querySelector("svg")!.getBoundingClientRect();
          const words = [...document.querySelectorAll("svg text")].map((node) => {
            const { left, right, top, bottom } = node.getBoundingClientRect();
            return { text: node.textContent, left, right, top, bottom };
          });
          const out = words.filter(
            (w) => w.left < whole.left || w.right > whole.right + 0.5 || w.bottom > whole.bottom,
          );
          const over = words.flatMap((a, i) =>
            words
              .slice(i + 1)
              .filter(
                (b) =>
                  Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
                  Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3,
              )
              .map((b) => `${a.text} | ${b.text}`),
          );
          return { out: out.map(({ text }) => text), over };
        });
        expect(faults, name).toEqual({ out: [], over: [] });
      }
    } finally {
      await browser.close();
    }
  });
});

/** Relative luminance (WCAG 2). */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const c = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Contrast (WCAG 2). */
function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

test("curves and their names stand out from light and dark paper by 4.5", () => {
  for (const [name, colour] of Object.entries(CURVES)) {
    for (const scheme of ["light", "dark"] as const) {
      expect(contrast(colour[scheme], PAPER[scheme]), `${name}, ${scheme}`).toBeGreaterThan(4.5);
    }
  }
});

describe("the phases' colours", () => {
  const phases = ["decoupled", "decay", "catapult", "divergent"] as const;
  test("carry words with a contrast of 4.5", () => {
    for (const phase of phases) {
      expect(contrast(PHASE_COLOURS[phase], ON_PHASE[phase]), phase).toBeGreaterThan(4.5);
    }
  });

  test("keep their order in grey, each a clear step darker", () => {
    const colours = phases.map((phase) => PHASE_COLOURS[phase]);
    for (let i = 1; i < colours.length; i++) {
      expect(luminance(colours[i])).toBeLessThan(luminance(colours[i - 1]));
      expect(contrast(colours[i - 1], colours[i])).toBeGreaterThan(1.5);
    }
  });
});
