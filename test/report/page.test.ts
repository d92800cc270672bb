import { parseHTML } from "linkedom";
import { chromium } from "playwright-core";
import { expect, test } from "vitest";
import { page } from "../../ts/report/page.js";
import { chromiumPath } from "../golden/chromium.js";
import { FIGURES } from "./figures.js";

const hostile = `<script>alert("1")</script> & 'x' </style>`;
const html = page({
  title: hostile,
  lead: hostile,
  parts: [
    { heading: hostile, words: [hostile, "second"], svg: FIGURES.phases() },
    { heading: "A table", table: { head: [hostile, "b"], rows: [["1", hostile]] } },
  ],
  provenance: [[hostile, hostile]],
});

test("a page shows words as they are, and none of them acts", () => {
  const { document } = parseHTML(html);
  expect(document.querySelector("script")).toBeNull();
  const places = ["title", "h1", "h1 + p", "h2", "section p", "th", "td + td", "dt", "dd"];
  for (const place of places) {
    expect(document.querySelector(place)?.textContent, place).toBe(hostile);
  }
  expect(html.match(/<\/style>/g)).toHaveLength(2);
});

test("a page keeps its figures, parts and tables in order", () => {
  const { document } = parseHTML(html);
  const parts = [...document.querySelectorAll("section")];
  expect(parts.map((part) => part.querySelectorAll("figure > div > svg").length)).toEqual([1, 0]);
  expect(parts.map((part) => part.querySelectorAll("tbody tr").length)).toEqual([0, 1]);
  expect(document.querySelector("svg title")?.textContent).toBe("Phases");
});

test("a page needs nothing from elsewhere, and has colours for the dark and rules for paper", () => {
  expect(html).not.toMatch(/(src|href|srcset)\s*=|url\(|@import/);
  expect(html).toContain("prefers-color-scheme: dark");
  expect(html).toContain("@media print");
});

test("on a telephone the page is no wider than it, and figures keep a size that can be read", async ({
  skip,
}) => {
  const executablePath = chromiumPath();
  if (!executablePath) return skip("no Chromium: set NINSCOPE_CHROMIUM to its path");
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    const sheet = await browser.newPage({ viewport: { width: 400, height: 800 } });
    await sheet.setContent(html);
    const [scrolled, letters] = await sheet.evaluate(() => [
      document.documentElement.scrollWidth,
      document.querySelector("figure svg")!.getBoundingClientRect().width,
    ]);
    expect(scrolled).toBe(400);
    expect(letters).toBeGreaterThanOrEqual(560);
  } finally {
    await browser.close();
  }
});
