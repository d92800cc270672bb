/** Whether the address asks for one view alone, as lecture notes show it: `?embed`. */
export const embedded = new URLSearchParams(location.search).has("embed");

/** The page's address without `?embed` and without a state. */
export function plainAddress(): string {
  return location.origin + location.pathname;
}
