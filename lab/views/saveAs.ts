/** Gives the visitor a file. */
export function saveAs(name: string, type: string, content: string | ArrayBuffer | Blob): void {
  const blob = content instanceof Blob ? content : new Blob([content], { type });
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser has read the address once the task is over.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Pixels for each of a figure's own. */
const SCALE = 2;

/** A figure as a picture, in the colours of a scheme. */
export async function pngOf(svg: string, scheme: "light" | "dark"): Promise<Blob> {
  const { still } = await import("../../ts/report/still.js");
  const url = URL.createObjectURL(new Blob([still(svg, scheme)], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = SCALE * image.naturalWidth;
    canvas.height = SCALE * image.naturalHeight;
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
    if (!blob) throw new Error("the browser could not make a PNG of the figure; take the SVG");
    return blob;
  } finally {
    URL.revokeObjectURL(url);
  }
}
