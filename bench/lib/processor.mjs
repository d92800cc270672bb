import { existsSync, readFileSync } from "node:fs";

/** The operating system's description of the processor, if there is one; virtual machines hide the name of the model. */
export function processor() {
  if (!existsSync("/proc/cpuinfo")) return {};
  const info = readFileSync("/proc/cpuinfo", "utf8");
  const field = (name) => info.match(new RegExp(`^${name}\\s*: (.*)$`, "m"))?.[1];
  const wanted = ["sse4_1", "avx", "avx2", "fma", "avx512f"];
  const flags = field("flags")?.split(" ") ?? [];
  return {
    vendor: field("vendor_id"),
    family: field("cpu family"),
    model: field("model"),
    simd: wanted.filter((flag) => flags.includes(flag)),
  };
}
