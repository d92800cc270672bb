import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { colourScheme } from "./palette.js";

const STYLE = `
svg { --ink: #1a1a1a; --rule: #c8c8c8; ${colourScheme("light")}; color: var(--ink); background: var(--paper);
  font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; }
@media (prefers-color-scheme: dark) { svg { --ink: #ececec; --rule: #50545c; ${colourScheme("dark")}; } }
.title { font-size: 15px; font-weight: 600; }
.caption { font-size: 11px; opacity: 0.75; }`;

/** In pixels: a wide letter's mean width in the fonts named above, and from line to line. */
const TITLE = { letter: 9, line: 19 };
const CAPTION = { letter: 5.8, line: 14 };

/** What a figure shows, apart from its panels. */
export interface Frame {
  readonly title: string;
  /** Settings and seeds, in one sentence. */
  readonly caption: string;
}

/** Panels in rows; panels of a row stand side by side. */
export function figure(frame: Frame, rows: readonly (readonly Plot.PlotOptions[])[]): string {
  const { document } = parseHTML("<html><body></body></html>");
  const width = Math.max(
    ...rows.map((panels) => panels.reduce((sum, panel) => sum + widthOf(panel), 0)),
  );
  const title = folded(frame.title, (width - 32) / TITLE.letter);
  const caption = folded(frame.caption, (width - 32) / CAPTION.letter);
  const below = 23 + (title.length - 1) * TITLE.line;
  let y = below + 17 + caption.length * CAPTION.line;
  const parts: string[] = [];
  for (const panels of rows) {
    let x = 0;
    let height = 0;
    for (const options of panels) {
      const svg = Plot.plot({ ...options, document: document as unknown as Document });
      const node = (
        svg.tagName.toLowerCase() === "svg" ? svg : svg.querySelector("svg")
      ) as Element;
      node.querySelector("style")?.remove();
      node.setAttribute("x", String(x));
      node.setAttribute("y", String(y));
      node.setAttribute("overflow", "visible");
      parts.push(markup(node));
      x += widthOf(options);
      height = Math.max(height, Number(options.height ?? 400));
    }
    y += height;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${width}" height="${y + 8}" viewBox="0 0 ${width} ${y + 8}" fill="currentColor" role="img">
<title>${escaped(frame.title)}</title>
<desc>${escaped(frame.caption)}</desc>
<style>${STYLE}</style>
<rect width="100%" height="100%" fill="var(--paper)"/>
${title.map((line, i) => `<text class="title" x="16" y="${24 + i * TITLE.line}">${escaped(line)}</text>`).join("\n")}
${caption.map((line, i) => `<text class="caption" x="16" y="${below + 19 + i * CAPTION.line}">${escaped(line)}</text>`).join("\n")}
${parts.join("\n")}
</svg>
`;
}

function widthOf(panel: Plot.PlotOptions): number {
  return Number(panel.width ?? 640);
}

/** In lines of so many letters at most, broken between words. */
function folded(text: string, letters: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= letters)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Linkedom writes an SVG's mixed-case names and self-closing tags as XML when asked by outerHTML of an svg node. */
function markup(node: Element): string {
  return node.outerHTML.replaceAll("&nbsp;", "\u00a0");
}

export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
