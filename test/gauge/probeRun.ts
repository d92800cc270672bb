import { NoiseProbe } from "../../ts/gauge/noiseProbe.js";

/** A probe's state after some steps, with kernels that it compiles on the spot. */
export function probeHere(): number[] {
  const probe = new NoiseProbe({
    ...{ width: 12, nodes: 3, sigma: 0.7, batch: 10, learningRate: 0.2, seed: 5 },
    distribution: "uniform",
  });
  for (let step = 0; step < 20; step++) {
    const added = probe.perturb(step);
    const gradient = added.map((d, i) => (d + (i % 7) / 8) / 10);
    probe.observe(step, gradient, 1 / (1 + step));
  }
  return [...probe.save()];
}
