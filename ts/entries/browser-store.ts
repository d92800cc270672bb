/** A store for sweeps in the browser's private file system: an entry of its own, for pages that keep nothing. */
export { openBrowserStore } from "../store/opfs.js";
export type { Store } from "../store/store.js";
