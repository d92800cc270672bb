/**
 * A Python literal of strings, integers, truth values, tuples, lists and dictionaries, read by turning it into JSON: an
 * independent reading of the headers that `npyHeader.ts` matches piece by piece. Undefined if it is none.
 */
export function literal(text: string): unknown {
  const token = /(['"])([^'"\\]*)\1|\b(True|False)\b|\b(\d+)L?\b|[{}()[\],:]|\s+/gy;
  const out: string[] = [];
  let end = 0;
  for (const [all, quote, word, truth, digits] of text.matchAll(token)) {
    end += all.length;
    if (quote) out.push(JSON.stringify(word));
    else if (truth) out.push(truth.toLowerCase());
    else if (digits) out.push(String(BigInt(digits)));
    else if (all === "(") out.push('["tuple",');
    else if (all === "[") out.push('["list",');
    else if (all === ")" || all === "]" || all === "}") {
      // One value in parentheses is no tuple.
      if (out[out.length - 2] === '["tuple",') out[out.length - 2] = '["value",';
      if (out[out.length - 1]?.endsWith(",")) out.push(out.pop()!.slice(0, -1));
      out.push(all === "}" ? "}" : "]");
    } else if (all.trim()) out.push(all);
  }
  if (end !== text.length) return undefined;
  try {
    return JSON.parse(out.join(""));
  } catch {
    return undefined;
  }
}
