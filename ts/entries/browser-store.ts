/**
 * A store for sweeps in the browser's private file system. It is an entry of its own, so that pages which keep nothing do
 * not load it.
 * @module ninscope/browser-store
 */
export { openBrowserStore } from "../store/opfs.js";
export type { Store } from "../store/store.js";
