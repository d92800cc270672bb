import { cut, InputError } from "../errors/errors.js";
import type { Tensors } from "../format/safetensors.js";

/** Where a layer stands in a file. */
export interface LayerNames {
  /** The weight's name, of a matrix `[outputs, inputs]`. */
  readonly weight: string;
  /** Null: it has none. */
  readonly bias: string | null;
}

/** The tensors of a file by all of their names, and which of them may be layers. */
export class LayersInFile {
  readonly file: string;
  /** From a name that the metadata gives to a tensor besides its own, to its own. */
  readonly #aliases: ReadonlyMap<string, string>;
  readonly #found: Required<Tensors>;

  constructor({ tensors, metadata, shapes = {}, others = {} }: Tensors, file: string) {
    this.file = file;
    this.#found = { tensors, metadata, shapes, others };
    // As safetensors.torch.save_model notes the names of tensors that it leaves out, because others share their memory.
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
    return Object.hasOwn(this.#found.shapes, this.own(name));
  }

  /** The name under which the file holds a tensor. */
  own(name: string): string {
    return this.#aliases.get(name) ?? name;
  }

  shape(name: string): readonly number[] {
    return this.#found.shapes[this.own(name)];
  }

  /** `fc1.weight (16, 10)`. */
  described(name: string): string {
    return `${cut(name)} (${this.shape(name).join(", ")})`;
  }

  /** Its type, if that is none of those whose numbers are read. */
  unreadType(name: string): string | null {
    const { others } = this.#found;
    return Object.hasOwn(others, this.own(name)) ? others[this.own(name)] : null;
  }

  isMatrix(name: string): boolean {
    return this.has(name) && this.unreadType(name) === null && this.shape(name).length === 2;
  }

  /** Names of all matrices, numbers in their order. */
  matrices(): string[] {
    return this.names()
      .filter((name) => this.isMatrix(name))
      .sort(byNumber);
  }

  /** The layer of a name as the user gives it: `fc1`, `fc1.weight`, `W1:b1`. */
  layerNamed(name: string): LayerNames {
    const colon = this.has(name) ? -1 : name.indexOf(":");
    const given = colon < 0 ? name : name.slice(0, colon);
    const weight = this.has(given) ? given : `${given}.weight`;
    if (colon >= 0) return { weight, bias: name.slice(colon + 1) };
    const bias = weight.replace(/weight$/, "bias");
    return { weight, bias: bias !== weight && this.has(bias) ? bias : null };
  }

  /** Numbers of a weight matrix `[outputs, inputs]`. */
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

  /** Numbers of a layer's bias, zeros where it has none. */
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
      ? `${this.described(name)} is no matrix`
      : `there is no matrix "${name}"`;
    return new InputError(
      "layers",
      `${this.file}: ${what}: its matrices are ${listed(this.matrices().map(cut)) || "none"}`,
    );
  }

  #finite(name: string): Float64Array {
    const values = this.#found.tensors[this.own(name)];
    const at = values.findIndex((value: number) => !Number.isFinite(value));
    if (at < 0) return Float64Array.from(values);
    throw new InputError(
      name,
      `${this.file}, ${name} holds ${values[at]} at place ${at}: takes finite numbers`,
    );
  }
}

const { compare: byNumber } = new Intl.Collator("en", { numeric: true });

const MOST_LISTED = 12;

/** Names as they may stand in an error message. */
export function listed(names: readonly string[], joint = ", "): string {
  const rest = names.length - MOST_LISTED;
  const some = names.slice(0, MOST_LISTED).join(joint);
  return rest > 0 ? `${some} and ${rest} more` : some;
}
