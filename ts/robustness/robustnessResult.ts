import type { Interval } from "../analysis/interval.js";
import type { BackendRecord } from "../backend/machineFor.js";
import type { DatasetRecord } from "../data/dataset.js";
import type { Dose } from "../train/record/dose.js";
import type { AttackName } from "./attacks/attacks.js";
import type { CorruptionName } from "./corruptions/corruptions.js";
import type { FullSettings } from "./settings.js";

/** The accuracy of a network, over its seeds. */
export interface Accuracy {
  /** Mean over the seeds of the fraction of the samples that are classified correctly. */
  readonly accuracy: number;
  /** Standard error over the seeds; with one seed, the binomial one over the samples. */
  readonly error: number;
  /** Lower end of the 95 % interval: Student's t over seeds; with one seed, Wilson's over samples. */
  readonly low: number;
  /** Upper end of the interval. */
  readonly high: number;
  /** The accuracy of each seed. */
  readonly seeds: readonly number[];
  /**
   * The accuracy minus that of the first network, seed by seed on the same images; null for the first network, with one
   * seed, or if the two have other numbers of seeds.
   */
  readonly difference: Interval | null;
}

/** Accuracy on corrupted images. */
export interface CorruptionAccuracy extends Accuracy {
  /** The corruption. */
  readonly name: CorruptionName;
  /** From 1 to 5. */
  readonly severity: number;
}

/** Accuracy over all corruptions of one severity: the mean of theirs. */
export interface SeverityAccuracy extends Accuracy {
  /** From 1 to 5. */
  readonly severity: number;
}

/** Accuracy on attacked images: of the fraction of samples that the attack could not fool. */
export interface AttackAccuracy extends Accuracy {
  /** The attack. */
  readonly name: AttackName;
  /** Largest change of a pixel. */
  readonly epsilon: number;
  /** Steps from each start; for the square search, queries. */
  readonly steps: number;
}

/** Accuracy on images of another domain. */
export interface ShiftAccuracy extends Accuracy {
  /** Name of the images. */
  readonly name: string;
}

/** The dose of a network's noise nodes in training, over its seeds. */
export interface NetworkDose {
  /** Mean over the seeds of what they paid: `sum <W_NI, g> / 2`. */
  readonly paid: number;
  /** Mean over the seeds of what the noise weights account for. */
  readonly budget: number;
  /** `paid / budget`. */
  readonly ratio: number;
  /** Each seed's own, as `train` returns it. */
  readonly seeds: readonly Dose[];
}

/** What was measured of one network. */
export interface NetworkRobustness {
  /** Its name. */
  readonly name: string;
  /** On the test images as they are. */
  readonly clean: Accuracy;
  /** On corrupted test images. */
  readonly corruptions: readonly CorruptionAccuracy[];
  /** The means over the corruptions. */
  readonly severities: readonly SeverityAccuracy[];
  /** On attacked test images. */
  readonly attacks: readonly AttackAccuracy[];
  /** On images of other domains. */
  readonly shift: readonly ShiftAccuracy[];
  /** What its noise nodes paid in training; null without noise nodes, or if the network was given trained. */
  readonly dose: NetworkDose | null;
}

/** What was measured, of all networks on the same images. */
export interface RobustnessResult {
  /** The networks, in the order in which they were given. */
  readonly networks: readonly NetworkRobustness[];
  /** The settings as they were used, every default filled in. */
  readonly settings: FullSettings;
  /** The data that the networks were trained and tested on. */
  readonly dataset: DatasetRecord;
  /** What measured. */
  readonly backend: BackendRecord;
}
