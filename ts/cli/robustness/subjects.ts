import { readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { readNetwork } from "../../curvature/ownNetwork.js";
import type { Dataset } from "../../data/dataset.js";
import { readBytes } from "../../data/node/readBytes.js";
import { InputError, shown } from "../../errors/errors.js";
import { lossFor } from "../../experiment/checkAgainstData.js";
import { parseExperiment } from "../../experiment/parse.js";
import type { Experiment } from "../../experiment/schema.js";
import { canonicalJson } from "../../format/hash.js";
import type { RobustnessSubject } from "../../robustness/subjects.js";
import { SPEC } from "../../store/node/openFolder.js";
import { NETWORK_FILE } from "../networkFile.js";
import { readConfig } from "../options.js";

/** How the networks of the command line are read. */
export interface SubjectOptions {
  readonly config?: string;
  readonly layers?: string;
  readonly set: readonly string[];
  readonly seeds: number;
}

/** A network of the command line. */
export interface NamedNetwork {
  readonly name: string;
  /** What it is trained by; for a checkpoint, the experiment that names its data, activation and loss. */
  readonly experiment: Experiment;
  /** The checkpoint; null if the network is trained here. */
  readonly checkpoint: Uint8Array | null;
  /** Whether it is a safetensors file, which `--config` describes. */
  readonly file: boolean;
}

/**
 * Reads the networks: JSON files of experiments, safetensors files, and folders of `ninscope train --out`.
 * @throws InputError that names the one that cannot be read.
 */
export async function namedNetworks(
  paths: readonly string[],
  options: SubjectOptions,
): Promise<NamedNetwork[]> {
  const named: NamedNetwork[] = [];
  for (const path of paths) named.push(await namedNetwork(path, options));
  refuseUnused(named, options);
  const [first, ...rest] = named;
  const other = rest.find(
    ({ experiment }) => canonicalJson(experiment.data) !== canonicalJson(first.experiment.data),
  );
  if (other) {
    throw new InputError(
      "data",
      `data of ${other.name} differ from those of ${first.name}: networks are compared on the same images; takes the same data`,
    );
  }
  return named;
}

/** An option that nothing heeds would be taken for one that did something. */
function refuseUnused(
  named: readonly NamedNetwork[],
  { config, layers, seeds }: SubjectOptions,
): void {
  const refuse = (flag: string, value: unknown, takes: string) => {
    throw new InputError(flag, `${flag} is ${shown(value)}, but ${takes}`);
  };
  const trained = named.some(({ checkpoint }) => checkpoint !== null);
  const files = named.some(({ file }) => file);
  if (config !== undefined && !files) {
    refuse("--config", config, "no network is a safetensors file: takes one");
  }
  if (layers !== undefined && !trained) {
    refuse("--layers", layers, "no network is trained already: takes a safetensors file");
  }
  if (seeds > 1 && named.every(({ file }) => file)) {
    refuse("--seeds", seeds, "all networks are trained already: takes 1, or an experiment");
  }
}

async function namedNetwork(path: string, options: SubjectOptions): Promise<NamedNetwork> {
  const { config, set, seeds } = options;
  const name = basename(path).replace(/\.(json|safetensors)$/, "") || path;
  if (path.endsWith(".safetensors")) {
    const experiment = parseExperiment((await readConfig(config, set)) as object);
    return { name, experiment, checkpoint: await readBytes(path, "NETWORK"), file: true };
  }
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const file = isFolder ? join(path, SPEC) : path;
  const experiment = parseExperiment((await readConfig(file, set)) as object);
  // Changed settings and further seeds are other networks than the one that is kept.
  const kept = isFolder && set.length === 0 && seeds === 1;
  const checkpoint = kept ? await readFile(join(path, NETWORK_FILE)).catch(() => null) : null;
  return { name, experiment, checkpoint, file: false };
}

/** The networks as `robustness` takes them. */
export function subjectsOf(
  named: readonly NamedNetwork[],
  data: Dataset,
  { seeds, layers }: Pick<SubjectOptions, "seeds" | "layers">,
): RobustnessSubject[] {
  return named.map(({ name, experiment, checkpoint }) => {
    if (!checkpoint) return { name, experiment, seeds };
    const { activation, loss } = experiment.network;
    const own = readNetwork(checkpoint, `${name}.safetensors`, {
      activation,
      loss: lossFor(data, loss),
      layers: layers?.split(",").map((layer) => layer.trim()),
      inputs: data.inputs,
      outputs: data.outputs,
    });
    return { name, networks: [own] };
  });
}
