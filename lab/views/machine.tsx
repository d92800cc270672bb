import { useEffect } from "preact/hooks";
import { gpuHere, lookForGpu } from "./gpuHere.js";
import { WORKERS } from "./workers.js";

/** Which machine computes, and what is missing of a faster one. */
export function Machine() {
  useEffect(() => void lookForGpu(), []);
  const gpu = gpuHere.value;
  return (
    <p class="machine">
      This page computes with WebAssembly SIMD, in {WORKERS} workers: the same bits as on every
      other host. {gpu?.says ?? "WebGPU: looking for it."}
      {gpu?.found && " “One run”, “Phase map” and “Sweep” can use it."}
    </p>
  );
}
