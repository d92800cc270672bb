import { effect } from "@preact/signals";
import { fragmentOf, stateOf } from "../state/fragment.js";
import { problem, state } from "./session.js";

/** Least milliseconds between two changes of the address: Safari allows a page a hundred in 30 s, and then throws. */
const PACE = 350;

/** The fragment that this page read or wrote last; another one in the address is a link that the page has yet to read. */
let known = "";
let written = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Reads the state from the address. A broken one leaves the state as it is, and says why. */
function read(): void {
  known = location.hash.slice(1);
  try {
    state.value = stateOf(known);
    problem.value = null;
  } catch (error) {
    problem.value = `This link could not be opened: ${error instanceof Error ? error.message : error}.`;
  }
}

/** Writes the state into the address. While the page says what is wrong with a link, the link stays to be seen. */
function write(): void {
  clearTimeout(timer);
  timer = undefined;
  const fragment = fragmentOf(state.peek());
  if (problem.peek() !== null || fragment === known || location.hash.slice(1) !== known) return;
  known = fragment;
  written = performance.now();
  history.replaceState(
    null,
    "",
    fragment === "" ? location.pathname + location.search : `#${fragment}`,
  );
}

/** The state follows the address, and the address the state: at once, or a little later while a slider is dragged. */
export function followAddress(): void {
  read();
  addEventListener("hashchange", () => {
    if (location.hash.slice(1) !== known) read();
  });
  addEventListener("pagehide", write);
  effect(() => {
    state.value;
    problem.value;
    const wait = written + PACE - performance.now();
    if (wait <= 0) write();
    else timer ??= setTimeout(write, wait);
  });
}
