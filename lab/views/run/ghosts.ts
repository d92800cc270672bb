import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Experiment } from "../../../ts/experiment/schema.js";
import type { WholeRun } from "../../maths/run/wholeRun.js";
import { hidden, state, told } from "../session.js";
import { helper } from "../workers.js";

/** The pinned runs that have been made, by their experiments. */
const made = signal<ReadonlyMap<string, WholeRun>>(new Map());
const asked = new Set<string>();

/** What a pinned run showed; undefined while it is being made. */
export function ghostOf(experiment: Experiment): WholeRun | undefined {
  return made.value.get(JSON.stringify(experiment));
}

/** Makes the pinned runs, one after another, while the page is seen. */
export function useGhosts(): void {
  const { pins } = state.value;
  const isHidden = hidden.value;
  const keys = pins.map((pin) => JSON.stringify(pin)).join();
  useEffect(() => {
    if (!isHidden) make().catch(told);
  }, [keys, isHidden]);
}

let making = false;

async function make(): Promise<void> {
  if (making) return;
  making = true;
  try {
    for (let next = missing(); next && !hidden.peek(); next = missing()) {
      const key = JSON.stringify(next);
      asked.add(key);
      const run = await helper().wholeRun(next);
      made.value = new Map(made.peek()).set(key, run);
    }
  } finally {
    making = false;
  }
}

function missing(): Experiment | undefined {
  return state.peek().pins.find((pin) => !asked.has(JSON.stringify(pin)));
}
