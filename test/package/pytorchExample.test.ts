import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { pythonWithTorch } from "../support/python.js";

const run = promisify(execFile);
const python = pythonWithTorch();

/** Writes what the program needs of the package safetensors, which few systems package: float32 tensors in one file. */
const SAVE_FILE = `
import json, struct

def save_file(tensors, path):
    header, parts, at = {}, [], 0
    for name, tensor in tensors.items():
        part = tensor.numpy().astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [at, at + len(part)]}
        at += len(part)
        parts.append(part)
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(parts))
`;

test.skipIf(python === null)(
  "a checkpoint of PyTorch has the curvature that autograd finds (skipped without PyTorch)",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "ninscope-pytorch-"));
    try {
      const own = join(folder, "own", "safetensors");
      await mkdir(own, { recursive: true });
      await writeFile(join(own, "__init__.py"), "");
      await writeFile(join(own, "torch.py"), SAVE_FILE);
      await copyFile("examples/pytorch/curvature.json", join(folder, "curvature.json"));

      const program = resolve("examples/pytorch/train.py");
      const env = { ...process.env, PYTHONPATH: join(folder, "own") };
      const trained = await run(python ?? "", [program], { cwd: folder, env });
      const eigenvalues = JSON.parse(trained.stdout.match(/eigenvalues (\[.*\])/)?.[1] ?? "[]");
      const trace = 32 * Number(trained.stdout.match(/trace over units (\S+)/)?.[1]);

      const words = "curvature model.safetensors --config curvature.json --layer 1 --json".split(
        " ",
      );
      const cli = resolve("dist/cli.js");
      const { stdout } = await run(process.execPath, [cli, ...words], { cwd: folder });
      const found = JSON.parse(stdout);

      expect(eigenvalues).toHaveLength(4);
      for (const [i, value] of eigenvalues.entries()) {
        // One machine computes in float32, the other in float64, from the same float32 weights.
        expect(Math.abs(found.eigenvalues[i].value / value - 1)).toBeLessThan(1e-5);
      }
      expect(Math.abs(found.trace.value - trace)).toBeLessThan(4 * found.trace.error);
      expect(Math.abs(found.antithetic.value - found.smoothed)).toBeLessThan(
        4 * found.antithetic.error,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);
