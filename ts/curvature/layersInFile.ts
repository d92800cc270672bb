import { cut, InputError } from "../errors/errors.js";
import type { Tensors } from "../format/safetensors.js";

/** The names of a layer's tensors in a file. */
export interface LayerNames {
  /** Name of the weight, a matrix `[outputs, inputs]`. */
  readonly weight: string;
  /** Name of the bias; null if the layer has none. */
  readonly bias: string | null;
}

/** The tensors of a file under all of their names, and those that may be layers. */
export class LayersInFile {
  readonly file: string;
  /**
   * Maps each additional name, which the file's metadata gives to a tensor, to the name under which the tensor is
   * stored.
   */
  readonly #aliases: ReadonlyMap<string, string>;
  readonly #found: Required<Tensors>;

  constructor({ tensors, metadata, shapes = {}, others = {} }: Tensors, file: string) {
    this.file = file;
    this.#found = { tensors, metadata, shapes, others };
    // safetensors.torch.save_model writes tensors that share memory once, and lists their other names in the metadata.
    this.#aliases = new Map(
      Object.entries(metadata).filter(
        ([name, own]) =>
          name !== "format" && Object.hasOwn(shapes, own) && !Object.hasOwn(shapes, name),
      ),
    );
  }

  /** All names of all tensors. */
  names(): string[] {
    return [...Object.keys(this.#found.shapes), ...this.#aliases.keys()];
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#found.shapes, this.storedName(name));
  }

  /** The name under which the file stores a tensor. */
  storedName(name: string): string {
    return this.#aliases.get(name) ?? name;
  }

  shape(name: string): readonly number[] {
    return this.#found.shapes[this.storedName(name)];
  }

  /** Name and shape for messages: `fc1.weight (16, 10)`. */
  described(name: string): string {
    return `${cut(name)} (${this.shape(name).join(", ")})`;
  }

  /** The tensor's type if its numbers cannot be read; otherwise null. */
  unreadType(name: string): string | null {
    const { others } = this.#found;
    return Object.hasOwn(others, this.storedName(name)) ? others[this.storedName(name)] : null;
  }

  isMatrix(name: string): boolean {
    return this.has(name) && this.unreadType(name) === null && this.shape(name).length === 2;
  }

  /** Names of all matrices, sorted so that `net.2` comes before `net.10`. */
  matrices(): string[] {
    return this.names()
      .filter((name) => this.isMatrix(name))
      .sort(byNumber);
  }

  /** The layer that the user's name stands for: `fc1`, `fc1.weight`, `W1:b1`. */
  layerNamed(name: string): LayerNames {
    const colon = this.has(name) ? -1 : name.indexOf(":");
    const given = colon < 0 ? name : name.slice(0, colon);
    const weight = this.has(given) ? given : `${given}.weight`;
    if (colon >= 0) return { weight, bias: name.slice(colon + 1) };
    const bias = weight.replace(/weight$/, "bias");
    return { weight, bias: bias !== weight && this.has(bias) ? bias : null };
  }

  /** The numbers of a weight matrix, `[outputs, inputs]`. */
  weightOf({ weight }: LayerNames): { outputs: number; inputs: number; values: Float64Array } {
    if (!this.isMatrix(weight)) throw this.#noMatrix(weight);
    const [outputs, inputs] = this.shape(weight);
    if (outputs === 0 || inputs === 0) {
      throw new InputError(
        weight,
        `${this.file}, ${weight} has shape (${outputs}, ${inputs}): takes at least one input and one output`,
      );
    }
    return { outputs, inputs, values: this.#finite(weight) };
  }

  /** The numbers of a layer's bias; zeros if it has none. */
  biasOf({ weight, bias }: LayerNames, outputs: number): Float64Array {
    if (bias === null) return new Float64Array(outputs);
    if (!this.has(bias)) {
      throw new InputError(
        "layers",
        `${this.file} has no vector "${bias}" for the bias of ${weight}`,
      );
    }
    if (this.unreadType(bias) !== null) throw this.#unread(bias);
    const shape = this.shape(bias);
    if (shape.length !== 1) {
      throw new InputError(
        bias,
        `${this.file}, ${bias} has shape (${shape.join(", ")}): takes (${outputs}), the bias of ${weight}`,
      );
    }
    if (shape[0] !== outputs) {
      throw new InputError(
        bias,
        `${this.file}, ${bias} has ${shape[0]} numbers: takes ${outputs}, the outputs of ${weight}`,
      );
    }
    return this.#finite(bias);
  }

  #unread(name: string): InputError {
    return new InputError(
      "layers",
      `${this.file}, ${name} holds ${this.unreadType(name)}: takes F16, BF16, F32 or F64`,
    );
  }

  #noMatrix(name: string): InputError {
    if (this.has(name) && this.unreadType(name) !== null) return this.#unread(name);
    const what = this.has(name)
      ? `${this.described(name)} is not a matrix`
      : `there is no matrix "${name}"`;
    return new InputError(
      "layers",
      `${this.file}: ${what}: its matrices are ${listed(this.matrices().map(cut)) || "none"}`,
    );
  }

  #finite(name: string): Float64Array {
    const values = this.#found.tensors[this.storedName(name)];
    const at = values.findIndex((value: number) => !Number.isFinite(value));
    if (at < 0) return Float64Array.from(values);
    throw new InputError(
      name,
      `${this.file}, ${name} holds ${values[at]} at index ${at}: takes finite numbers`,
    );
  }
}

const { compare: byNumber } = new Intl.Collator("en", { numeric: true });

const MOST_LISTED = 12;

/** Names for an error message, cut after the first few. */
export function listed(names: readonly string[], joint = ", "): string {
  const rest = names.length - MOST_LISTED;
  const some = names.slice(0, MOST_LISTED).join(joint);
  return rest > 0 ? `${some} and ${rest} more` : some;
}
