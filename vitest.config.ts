import { existsSync, readdirSync, readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";

// What a test is held to:
//
// - It reads no clock, and passes on a machine whose cores are all busy. That something is quick, or heeds an abort at
//   once, is tested by what is counted (pieces of work, turns of other work, messages, reads); `bench/` times it.
// - It waits for a condition, not for some milliseconds, and does not limit the wait: `testTimeout` ends a test that hangs.
// - The whole suite should take 14 minutes of processor time; it takes 12. A test that takes more than 10 s of it makes a
//   smaller case, and the large one when `NINSCOPE_SOAK=full` asks for it.
// - A folder, a build, a browser or a server is made once a file, and gone when the file is done.

// A machine without a GPU can still prove the kernels right: Chromium brings SwiftShader, a Vulkan in software. Dawn looks for
// drivers once a process, so the driver is named before any test asks for a GPU.
const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";
if (existsSync(SWIFTSHADER)) process.env.VK_DRIVER_FILES ??= SWIFTSHADER;

const names = readdirSync("test", { recursive: true, encoding: "utf8" })
  .map((name) => `test/${name.replaceAll("\\", "/")}`)
  .filter((name) => name.endsWith(".test.ts"));

/** Tests of what users get: the package, the command line and the lab's page. They need a build, the others do not. */
const BUILT = names.filter(
  (name) => /^test\/(package|cli)\//.test(name) || readFileSync(name, "utf8").includes("openLab("),
);
/** Tests on a GPU share a process, and with it the device and the kernels that were compiled for it. */
const GPU = names.filter(
  (name) => !BUILT.includes(name) && readFileSync(name, "utf8").includes("testGpu("),
);

/** Tests that put something in a module's place keep to themselves what they import. */
const APART = names.filter(
  (name) => ![...BUILT, ...GPU].includes(name) && readFileSync(name, "utf8").includes("vi.mock("),
);

const common = { testTimeout: 900_000, hookTimeout: 900_000, teardownTimeout: 60_000 };

// Files share a process (`isolate: false`) where they can: a third of the time went into importing the same modules for each.

export default defineConfig({
  test: {
    // One more than the smallest machine has cores, because tests of processes and of the queue wait most of their time.
    maxWorkers: 3,
    projects: [
      { test: { ...common, name: "gpu", include: GPU, isolate: false } },
      {
        test: {
          ...common,
          name: "built",
          isolate: false,
          include: BUILT,
          globalSetup: "test/package/build.ts",
        },
      },
      { test: { ...common, name: "apart", include: APART } },
      {
        test: {
          ...common,
          name: "sources",
          isolate: false,
          include: ["test/**/*.test.ts"],
          exclude: [...BUILT, ...GPU, ...APART],
        },
      },
    ],
    coverage: {
      provider: "v8",
      include: ["ts/**/*.ts"],
      exclude: [
        "ts/kernels/embedded*.ts",
        // What runs in threads, in other processes and on pages alone is tested there, where this counter does not see it.
        "ts/cli/{bin,main,interrupt}.ts",
        "ts/cli/commands/worker.ts",
        "ts/jobs/node/queue/*.ts",
        "ts/jobs/pool/{trainingWorker,ninscope-worker,webThreading}.ts",
        "ts/backend/threads/webThread.ts",
        "ts/jobs/pool/node/ninscope-worker.ts",
        "ts/store/opfs.ts",
      ],
      reporter: ["text-summary", "json-summary"],
      thresholds: { lines: 90 },
    },
  },
});
