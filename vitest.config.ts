import { defineConfig } from "vitest/config";

/** Tests of what users get: the package and the command line. They need a build, the others do not. */
const BUILT = ["test/package/**/*.test.ts", "test/cli/**/*.test.ts"];

const common = { testTimeout: 60_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      { test: { ...common, name: "sources", include: ["test/**/*.test.ts"], exclude: BUILT } },
      { test: { ...common, name: "built", include: BUILT, globalSetup: "test/package/build.ts" } },
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
        "ts/jobs/pool/{trainingWorker,ninscope-worker}.ts",
        "ts/jobs/pool/node/ninscope-worker.ts",
        "ts/store/opfs.ts",
      ],
      reporter: ["text-summary", "json-summary"],
      thresholds: { lines: 90 },
    },
  },
});
