/** A store for sweeps in the browser's private file system: an entry of its own, for pages that keep nothing. */
export { openBrowserStore } from "./run/store/opfs.js";
export type { Store } from "./run/store/store.js";
