import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openGpu } from "../../ts/backend/webgpu/gpu.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = () => new Promise<never>(() => {});
const browser = (requestAdapter: () => Promise<unknown>) => async () =>
  ({ wgslLanguageFeatures: new Set(), requestAdapter }) as unknown as GPU;
const adapter = { limits: {}, features: new Set(), requestDevice: never };

// Chromium does neither after several crashes of its GPU process.
test.each([
  ["adapter", never],
  ["device", async () => adapter],
])("does not wait for ever for an %s", async (_, requestAdapter) => {
  const opening = openGpu({ source: browser(requestAdapter) });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await opening).toEqual({ none: "WebGPU gives no device: no answer within 60 s" });
  expect(vi.getTimerCount()).toBe(0);
});

test("passes on why an adapter cannot be had", async () => {
  const source = browser(async () => {
    throw new Error("the driver is blocked");
  });
  expect(await openGpu({ source })).toEqual({
    none: "WebGPU gives no device: the driver is blocked",
  });
  expect(vi.getTimerCount()).toBe(0);
});
