import { machineFor } from "../backend/machineFor.js";
import { checkDataset } from "../data/checkDataset.js";
import type { Dataset } from "../data/dataset.js";
import { InputError } from "../errors/errors.js";
import { loadKernels } from "../kernels/kernels.js";
import { Streams } from "../random/streams.js";
import type { HostOptions } from "../train/prepare.js";
import {
  type CurvatureReadingOptions,
  type NetworkCurvature,
  networkCurvature,
} from "./networkCurvature.js";
import type { OwnNetwork } from "./ownNetwork.js";

/** How to read the curvature of a network that was trained elsewhere. */
export interface CurvatureOfOptions
  extends CurvatureReadingOptions,
    Pick<HostOptions, "backend" | "gpu" | "fast" | "kernels"> {
  /** Seed of the probing noise; default 0. */
  readonly seed?: number;
}

/**
 * Reads the curvature of the loss at one layer of a network that was trained elsewhere. It computes the mean local
 * Hessian `<H> = <d2L/dz2>` directly, and reads it with noise nodes (Levi et al., arXiv:2210.13599, section 2). The
 * network is not trained.
 * @param network widths, activation and parameters, as `readNetwork` returns them.
 * @param dataset the samples, as `datasetOf` or `loadDataset` returns them.
 * @throws InputError if network and data do not match, or an option is out of range; RunError if the loss or its
 * curvature is not finite; the signal's reason if it is aborted.
 */
export async function curvatureOf(
  network: Pick<OwnNetwork, "network" | "parameters">,
  dataset: Dataset,
  { backend = "auto", gpu, fast, kernels, seed = 0, ...reading }: CurvatureOfOptions,
): Promise<NetworkCurvature> {
  checkDataset(dataset);
  const { widths } = network.network;
  const outputs = widths[widths.length - 1];
  if (widths[0] !== dataset.inputs || outputs !== dataset.outputs) {
    throw new InputError(
      "dataset",
      `the network takes ${widths[0]} inputs and has ${outputs} outputs: ${dataset.name} has ${dataset.inputs} and ${dataset.outputs}`,
    );
  }
  const loaded = kernels ?? (await loadKernels({ fast }));
  const machine = await machineFor(backend, loaded, gpu);
  return networkCurvature(machine, network, dataset, new Streams(loaded, seed), reading);
}
