import { signal } from "@preact/signals";
import { CORES } from "./session.js";

const gpu = signal("WebGPU: looking for it.");
let asked = false;

/** Which machine computes, and what is missing of a faster one. */
export function Machine() {
  if (!asked) {
    asked = true;
    look().then((line) => {
      gpu.value = line;
    });
  }
  return (
    <p class="machine">
      This page computes with WebAssembly SIMD, in {CORES + 1} workers: the same bits as on every
      other host. {gpu.value}
    </p>
  );
}

async function look(): Promise<string> {
  if (!isSecureContext) {
    return `WebGPU is missing: browsers offer it in a secure context alone, and ${location.origin} is none. Open the page by https, or from http://127.0.0.1.`;
  }
  if (!navigator.gpu) return "WebGPU is missing: this browser does not offer it (navigator.gpu).";
  const adapter = await navigator.gpu.requestAdapter().catch(() => null);
  if (!adapter)
    return "WebGPU is missing: the browser has the interface, but no adapter (requestAdapter).";
  const { vendor, architecture } = adapter.info;
  const name = [vendor, architecture].filter(Boolean).join(" ") || "an adapter without a name";
  return `WebGPU is there (${name}); the runs of this page are too short for it to pay.`;
}
