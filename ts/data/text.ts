/**
 * Whether text is UTF-16, which begins with a byte order mark or has a zero in one of its first two bytes. UTF-8 text
 * has neither.
 */
function isUtf16([first, second]: Uint8Array): boolean {
  const mark = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  return mark || first === 0 || second === 0;
}

/**
 * The text of a UTF-8 file, without its byte order mark.
 * @param fail is called with a description of the error, and throws.
 */
export function textOf(bytes: Uint8Array, fail: (why: string) => never): string {
  if (isUtf16(bytes)) return fail("not a text file in UTF-8, but in UTF-16");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return fail("not a text file in UTF-8");
  }
}

/**
 * The JSON in a UTF-8 file.
 * @param fail is called with a description of the error, and throws.
 */
export function jsonOf(bytes: Uint8Array, fail: (why: string) => never): unknown {
  const text = textOf(bytes, fail);
  try {
    return JSON.parse(text);
  } catch (error) {
    return fail(`not JSON: ${(error as Error).message}`);
  }
}
