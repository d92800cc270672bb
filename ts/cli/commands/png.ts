import type { Command } from "commander";
import { readBytes } from "../../data/node/readBytes.js";
import { InputError, RunError } from "../../errors/errors.js";
import { still } from "../../report/still.js";
import { writeWhole } from "../../store/node/atomic.js";
import { type CommonOptions, withVoice } from "../options.js";

interface PngOptions extends CommonOptions {
  readonly width: number;
  readonly dark?: boolean;
}

export function pngCommand(program: Command): void {
  withVoice(program.command("png"))
    .argument("<figures...>", "SVG files that ninscope made")
    .option("--width <pixels>", "width of the picture", width, 1600)
    .option("--dark", "use the dark colours")
    .addHelpText(
      "after",
      `
Needs the package @resvg/resvg-js (npm install @resvg/resvg-js).

Examples:
  $ ninscope png results/first/figures/training.svg
  $ ninscope png --width 2400 figure-1/figures/*.svg
`,
    )
    .action(async (figures: string[], options: PngOptions) => {
      const { Resvg } = await resvg();
      const files: string[] = [];
      for (const figure of figures) {
        const svg = await readFigure(figure, options.dark ? "dark" : "light");
        const picture = new Resvg(svg, { fitTo: { mode: "width", value: options.width } });
        const file = figure.replace(/\.svg$/, ".png");
        await writeWhole(file, picture.render().asPng());
        files.push(file);
        if (!options.json) process.stdout.write(`${file}\n`);
      }
      if (options.json) process.stdout.write(`${JSON.stringify({ files })}\n`);
    });
}

async function readFigure(figure: string, scheme: "light" | "dark"): Promise<string> {
  if (!figure.endsWith(".svg")) {
    throw new InputError("figures", `figures: "${figure}": takes a name that ends in .svg`);
  }
  const text = new TextDecoder().decode(await readBytes(figure, "figures"));
  try {
    return still(text, scheme);
  } catch (cause) {
    throw new InputError("figures", `figures: ${figure}: ${(cause as Error).message}`);
  }
}

async function resvg(): Promise<typeof import("@resvg/resvg-js")> {
  try {
    return await import("@resvg/resvg-js");
  } catch (cause) {
    throw new RunError(
      "the package @resvg/resvg-js is not installed or does not load (npm install @resvg/resvg-js)",
      { cause },
    );
  }
}

function width(text: string): number {
  const pixels = Number(text);
  if (!Number.isInteger(pixels) || pixels < 16 || pixels > 20_000) {
    throw new InputError("--width", `--width is "${text}": takes a whole number from 16 to 20000`);
  }
  return pixels;
}
