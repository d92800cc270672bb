/** Decodes a module that is embedded as deflated base64. */
export function inflated(base64: string): Promise<ArrayBuffer> {
  const deflated = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const bytes = new Blob([deflated]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(bytes).arrayBuffer();
}
