import type { NamedSet } from "../load.js";

/** A file of a named data set. */
export interface KnownFile {
  readonly name: string;
  /** SHA-256 of the gzip file as it is published. */
  readonly sha256: string;
  readonly role: "images" | "labels" | "testImages" | "testLabels";
}

export interface KnownSet {
  readonly title: string;
  readonly source: string;
  /** Folders in which packages of operating systems install it. */
  readonly packages: readonly string[];
  readonly files: readonly KnownFile[];
}

const file = (name: string, role: KnownFile["role"], sha256: string): KnownFile => ({
  name,
  role,
  sha256,
});

export const KNOWN_SETS: Readonly<Record<NamedSet, KnownSet>> = {
  "fashion-mnist": {
    title:
      "Fashion-MNIST (Xiao, Rasul, Vollgraf 2017): 60,000 + 10,000 images of clothes, 10 classes",
    source: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    packages: ["/usr/share/datasets/fashion-mnist"],
    files: [
      file(
        "train-images-idx3-ubyte.gz",
        "images",
        "b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7",
      ),
      file(
        "train-labels-idx1-ubyte.gz",
        "labels",
        "0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056",
      ),
      file(
        "t10k-images-idx3-ubyte.gz",
        "testImages",
        "cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa",
      ),
      file(
        "t10k-labels-idx1-ubyte.gz",
        "testLabels",
        "8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05",
      ),
    ],
  },
  mnist: {
    title: "MNIST (LeCun, Cortes, Burges): 60,000 + 10,000 images of digits, 10 classes",
    source: "https://ossci-datasets.s3.amazonaws.com/mnist/",
    packages: ["/usr/share/datasets/mnist"],
    files: [
      file(
        "train-images-idx3-ubyte.gz",
        "images",
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
      ),
      file(
        "train-labels-idx1-ubyte.gz",
        "labels",
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
      ),
      file(
        "t10k-images-idx3-ubyte.gz",
        "testImages",
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
      ),
      file(
        "t10k-labels-idx1-ubyte.gz",
        "testLabels",
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
      ),
    ],
  },
};
