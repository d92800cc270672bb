/** Fields that hold a list of numbers. */
const LISTS = ["network.layers", "data.hidden"];

/** The value that a person typed for a field; undefined: none. Text that is no number is refused where it is parsed. */
export function typed(field: string, text: string): unknown {
  const words = text.trim();
  const parts = words === "" ? [] : words.split(/[\s,]+/).map(numberOr);
  if (LISTS.includes(field)) return parts;
  if (field === "data.slope" && parts.length > 1) return parts;
  return words === "" ? undefined : numberOr(words);
}

function numberOr(words: string): unknown {
  const value = Number(words);
  return Number.isNaN(value) ? words : value;
}
