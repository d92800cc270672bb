// Takes pictures of every view of the lab, in both themes, on a desktop and on a phone, into docs/lab as WebP; the same as
// PNG into build/lab-pictures; and the README's picture. Run `npm run build` first.
// node scripts/lab-pictures.mjs [view ... readme]
import { mkdir, writeFile } from "node:fs/promises";
import { openBuiltLab } from "./builtLab.mjs";

const SIZES = {
  desktop: { viewport: { width: 1120, height: 800 } },
  phone: { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true },
};
const THEMES = ["light", "dark"];

const network = { layers: [32, 32] };
const data = { name: "gaussian-mixture", inputs: 16, classes: 4, train: 400, test: 200 };
const trained = (sigma) => ({
  ...{ network, data, noise: [{ layer: 0, nodes: 1, sigma }] },
  ...{ optimizer: { learningRate: 0.1, batchSize: 50 }, steps: 400, seed: 1 },
});

/** How each view comes to show something. */
const VIEWS = {
  phases: {
    state: {},
    ready: (page) => page.getByRole("button", { name: "Again" }).waitFor(),
  },
  run: {
    state: { panel: "run", experiment: trained(27), pins: [trained(9), trained(3)] },
    ready: async (page) => {
      await page.getByTestId("hash").waitFor();
      await page.locator(".segment").first().waitFor();
      await page.getByText("The dotted curves show it.").waitFor();
      await page.locator("td .badge").nth(1).waitFor();
    },
  },
  map: {
    state: { panel: "map" },
    ready: async (page) => {
      await page.waitForFunction(() => performance.getEntriesByName("phase map").length > 0);
      await page.getByTestId("cell-curve").locator("path").nth(1).waitFor();
    },
  },
  sweep: {
    state: { panel: "sweep", sweep: { from: 1, to: 300, count: 16, seeds: 3, on: true } },
    ready: async (page) => {
      await page.getByRole("button", { name: "All made" }).waitFor();
      await page.locator(".segment, .forecast").first().waitFor();
    },
  },
  data: {
    state: { panel: "data" },
    ready: async (page) => {
      await page.getByLabel("Choose files").setInputFiles(shapes(120, 14));
      await page.getByTestId("summary").waitFor();
    },
  },
  checks: {
    state: { panel: "checks" },
    ready: async (page) => {
      await page.getByRole("button", { name: "Compare with the reference" }).click();
      await page.getByTestId("verified").waitFor();
    },
  },
  tour: {
    state: { panel: "run", tour: 1 },
    ready: async (page) => {
      await page.getByTestId("hash").waitFor();
      await page.locator(".segment").first().waitFor();
    },
  },
};

/** Two IDX files: pictures of rings and of crosses, and which is which. */
function shapes(count, side) {
  const header = (magic, ...sizes) => {
    const bytes = Buffer.alloc(4 + 4 * sizes.length);
    bytes.writeUInt32BE(magic);
    for (const [i, size] of sizes.entries()) bytes.writeUInt32BE(size, 4 + 4 * i);
    return bytes;
  };
  const pixels = Buffer.alloc(count * side * side);
  const labels = Buffer.from(Array.from({ length: count }, (_, i) => i % 2));
  for (let i = 0; i < count; i++) {
    const [x0, y0] = [side / 2 - 1 + (i % 3), side / 2 - 1 + (Math.floor(i / 3) % 3)];
    const size = 3 + (i % 4);
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const [dx, dy] = [Math.abs(x - x0), Math.abs(y - y0)];
        const off = labels[i]
          ? Math.abs(dx - dy) + Math.max(0, dx - size)
          : Math.hypot(dx, dy) - size;
        pixels[(i * side + y) * side + x] = 255 * Math.exp(-(off ** 2));
      }
    }
  }
  const file = (name, ...parts) => ({ name, mimeType: "", buffer: Buffer.concat(parts) });
  return [
    file("shapes-idx3-ubyte", header(0x803, count, side, side), pixels),
    file("shapes-idx1-ubyte", header(0x801, count), labels),
  ];
}

const { url, browser, close } = await openBuiltLab();

/** A page of its own turns PNG into WebP. */
const converter = await browser.newPage();
async function webpOf(png) {
  const address = await converter.evaluate(async (source) => {
    const image = new Image();
    image.src = `data:image/png;base64,${source}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    canvas.getContext("2d").drawImage(image, 0, 0);
    const blob = await canvas.convertToBlob({ type: "image/webp", quality: 0.6 });
    const bytes = new Uint8Array(await blob.arrayBuffer());
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  }, png.toString("base64"));
  return Buffer.from(address, "base64");
}

/** The README shows a run without the page around it. */
async function takeReadmes() {
  const page = await browser.newPage({ viewport: { width: 1120, height: 800 } });
  await page.emulateMedia({ reducedMotion: "reduce" });
  const state = { panel: "run", experiment: trained(20) };
  await page.goto(addressOf(state, "?embed"));
  await page.getByTestId("hash").waitFor();
  await page.locator(".segment").first().waitFor();
  await page.getByText("The dotted curves show it.").waitFor();
  await page.locator("main").screenshot({ path: "docs/lab/run.png" });
  await page.close();
}

function addressOf(state, search = "") {
  return `${url}${search}#1.${Buffer.from(JSON.stringify(state)).toString("base64url")}`;
}

const asked = process.argv.slice(2);
try {
  await mkdir("build/lab-pictures", { recursive: true });
  for (const [view, { state, ready }] of Object.entries(VIEWS)) {
    if (asked.length > 0 && !asked.includes(view)) continue;
    for (const [size, options] of Object.entries(SIZES)) {
      const context = await browser.newContext({ ...options, reducedMotion: "reduce" });
      context.setDefaultTimeout(0);
      const page = await context.newPage();
      await page.goto(addressOf(state));
      await ready(page);
      for (const colorScheme of THEMES) {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        const name = `${view}-${size}-${colorScheme}`;
        const png = await page.screenshot({ fullPage: true });
        await writeFile(`build/lab-pictures/${name}.png`, png);
        await writeFile(`docs/lab/${name}.webp`, await webpOf(png));
      }
      await context.close();
    }
  }
  if (asked.length === 0 || asked.includes("readme")) await takeReadmes();
} finally {
  await close();
}
