import { readFileSync, writeFileSync } from "node:fs";

/** A letter for each phase, for a row of runs along sigma. */
const LETTERS = { decoupled: "o", decay: "d", catapult: "c", divergent: "x", unclassified: "u" };

/** The phases of runs, a letter each. */
export function lettersOf(runs) {
  return runs.map(({ phase }) => LETTERS[phase]).join("");
}

/** The experiment of a network in a list: hidden widths, data, learning rate, batch, epochs; then what else differs. */
export function experimentOf(layers, data, learningRate, batchSize, epochs, own = {}) {
  const { network = {}, layer = 0, nodes = 1, seed = 0 } = own;
  return {
    network: { layers, ...network },
    noise: [{ layer, nodes }],
    data,
    optimizer: { learningRate, batchSize },
    epochs,
    seed,
  };
}

/** A number to three digits. */
export function threeDigits(x) {
  return Number(x.toPrecision(3)).toString();
}

/** Writes a body between the marks `<!-- name -->` and `<!-- end -->` of a file. */
export function writeBetweenMarks(path, name, body) {
  const text = readFileSync(path, "utf8");
  writeFileSync(
    path,
    text.replace(marksOf(name), (_, start, end) => `${start}\n${body}\n\n${end}`),
  );
}

/** Throws if a file has no such marks: check before the work that is to be written there. */
export function checkMarks(path, name) {
  if (!marksOf(name).test(readFileSync(path, "utf8"))) {
    throw new Error(`${path} has no marks <!-- ${name} --> and <!-- end -->`);
  }
}

function marksOf(name) {
  return new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*?(<!-- end -->)`);
}
