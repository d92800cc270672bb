import { signal } from "@preact/signals";
import { FIRST_STATE, type LabState } from "../state/labState.js";

/** What the page shows. */
export const state = signal<LabState>(FIRST_STATE);
/** What went wrong last, in one sentence; null: nothing. */
export const problem = signal<string | null>(null);

/** Whether the tab is in the background. */
export const hidden = signal(document.hidden);
document.addEventListener("visibilitychange", () => {
  hidden.value = document.hidden;
});

const media = (query: string) => {
  const list = matchMedia(query);
  const value = signal(list.matches);
  list.addEventListener("change", () => {
    value.value = list.matches;
  });
  return value;
};
export const dark = media("(prefers-color-scheme: dark)");
export const still = media("(prefers-reduced-motion: reduce)");

/** Shows an error of a worker on the page. */
export function told(error: unknown): void {
  problem.value = error instanceof Error ? error.message : String(error);
}

/** Changes the state; the address of the page follows. */
export function change(part: Partial<LabState>): void {
  problem.value = null;
  state.value = { ...state.value, ...part };
}
