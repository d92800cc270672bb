/** Whether a value is what JSON calls an object: no list, no Map, no Date. Objects of other realms count. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === "[object Object]";
}
