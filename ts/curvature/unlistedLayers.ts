import { cut, InputError } from "../errors/errors.js";
import { chainsOf, type KnownWidths, type Link, stemOf } from "./layerOrder.js";
import { type LayerNames, type LayersInFile, listed } from "./layersInFile.js";

const HOW_TO_LIST =
  "name its Linear layers from the input on (layers; --layers on the command line: fc1,fc2 or, of any other names, W1:b1,W2:b2)";
/** Files with more matrices are refused, because trying their orders would take too long. */
const MOST_LAYERS = 1024;
const MOST_REASONS = 3;

interface Candidate extends Link {
  readonly layer: LayerNames;
}

/**
 * The layers of a file from the input on, if the user does not list them. They are all matrices of the file, in the
 * only order that their shapes allow. If several orders are possible, it is the one in which the numbers in the names
 * rise.
 * @throws InputError (`layers`) that names tensors which do not belong to a chain of Linear layers, and if there is no
 * order or more than one.
 */
export function unlistedLayers(file: LayersInFile, known: KnownWidths): LayerNames[] {
  const layers = file
    .matrices()
    .filter((name) => /weight$/.test(name))
    .map((name) => file.layerNamed(name));
  refuseOthers(file, layers);
  if (layers.length > MOST_LAYERS) {
    throw refusal(file, `has ${layers.length} matrices, more than ${MOST_LAYERS}: ${HOW_TO_LIST}`);
  }
  const all = layers.map((layer) => candidateOf(file, layer));
  const once = all.filter(({ layer }) => !isSecondName(file, layer));
  const readings = once.length < all.length ? [all, once] : [all];
  // Known widths may contradict the file. The order is then searched without them, so that the caller can report the
  // contradiction.
  for (const widths of [known, { ...known, hidden: undefined }, {}]) {
    const orders = readings.flatMap((reading) => ordersOf(reading, widths));
    if (orders.length === 1 && orders[0]) return orders[0].map(({ layer }) => layer);
    if (orders.length > 0) throw ambiguous(file, orders);
  }
  const names = listed(layers.map(({ weight }) => file.described(weight)));
  throw refusal(
    file,
    `has no order of its matrices in which each takes the outputs of the one before it, as Linear layers do: ${names}; ${HOW_TO_LIST}`,
  );
}

/** Up to two orders. A null entry stands for further orders that were not tried. */
function ordersOf(
  candidates: readonly Candidate[],
  widths: KnownWidths,
): (readonly Candidate[] | null)[] {
  const byShape = chainsOf(candidates, widths, false);
  if (byShape.complete && byShape.orders.length < 2) return [...byShape.orders];
  const numbered = chainsOf(candidates, widths, true);
  if (numbered.complete && numbered.orders.length === 1) return [...numbered.orders];
  const { orders } = numbered.orders.length > 1 ? numbered : byShape;
  return [...orders, null];
}

function candidateOf(file: LayersInFile, layer: LayerNames): Candidate {
  const { weight, bias } = layer;
  const [outputs, inputs] = file.shape(weight);
  const tensors = JSON.stringify([
    file.storedName(weight),
    bias === null ? null : file.storedName(bias),
  ]);
  return { layer, name: weight, inputs, outputs, tensors };
}

/**
 * Whether a layer may be another layer under a second name (a module that is registered twice) rather than a layer that
 * shares its weights. All of its tensors are then the other layer's, and its name is of another form.
 */
function isSecondName(file: LayersInFile, { weight, bias }: LayerNames): boolean {
  const own = file.storedName(weight);
  if (own === weight || stemOf(own) === stemOf(weight)) return false;
  const first = file.layerNamed(own);
  return bias === null ? first.bias === null : file.storedName(bias) === first.bias;
}

/** Refuses files with tensors that would be left out: a network that uses them computes another function. */
function refuseOthers(file: LayersInFile, layers: readonly LayerNames[]): void {
  const isVector = (bias: string | null) => bias !== null && file.shape(bias).length === 1;
  const used = new Set(
    layers.flatMap(({ weight, bias }) => (isVector(bias) ? [weight, bias] : [weight])),
  );
  const reasons = file.names().flatMap((name) => reasonAgainst(file, name, used.has(name)) ?? []);
  const more = reasons.length - MOST_REASONS;
  const some = reasons.slice(0, MOST_REASONS).join("; ") + (more > 0 ? `; and ${more} more` : "");
  if (layers.length === 0 && !reasons.some((reason) => reason.includes(NOT_A_WEIGHT))) {
    throw refusal(
      file,
      `has no matrices: takes the weights of Linear layers${some === "" ? "" : `, and ${some}`}`,
    );
  }
  if (reasons.length === 0) return;
  throw refusal(
    file,
    `holds more than a chain of Linear layers, which is all that is read: ${some}; if the network is such a chain without them, ${HOW_TO_LIST}`,
  );
}

const NOT_A_WEIGHT = "is not called *.weight, so that its bias is not known";
/** Names of modules that look vectors up instead of multiplying by a matrix. Only the name tells. */
const EMBEDDING = /^(\w*emb(ed(ding)?s?)?|embed_\w+|w[tp]e)$/i;

function reasonAgainst(file: LayersInFile, name: string, isUsed: boolean): string | null {
  const type = file.unreadType(name);
  if (type !== null) return `${cut(name)} holds ${type}, but only F16, BF16, F32 and F64 are read`;
  const module = name.split(".").at(-2) ?? "";
  if (EMBEDDING.test(module) && file.isMatrix(name))
    return `${file.described(name)} has the name of an embedding`;
  if (isUsed) return null;
  if (file.isMatrix(name)) return `${cut(name)} ${NOT_A_WEIGHT}`;
  const isVector = file.shape(name).length < 2;
  return `${file.described(name)} is not a matrix${isVector ? ", nor the bias of one" : ""}`;
}

function ambiguous(
  file: LayersInFile,
  orders: readonly (readonly Candidate[] | null)[],
): InputError {
  const found = orders.filter((order) => order !== null).slice(0, 2);
  const written = found.map((order) =>
    listed(
      order.map(({ layer }) => cut(layer.weight)),
      ",",
    ),
  );
  const shapes = found[0]?.map(({ layer }) => file.described(layer.weight)) ?? [];
  const such = found.length > 0 ? `: ${written.join(" or ")}, of ${listed(shapes)}` : "";
  return refusal(
    file,
    `has layers that fit together in more than one order, and no numbers in their names that tell which${such}; ${HOW_TO_LIST}`,
  );
}

function refusal({ file }: LayersInFile, what: string): InputError {
  return new InputError("layers", `${file} ${what}`);
}
