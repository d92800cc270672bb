import { signal } from "@preact/signals";
import type { LinearBoundaries } from "../../../ts/theory/linearBoundaries.js";
import { COARSE, joined, type PhaseMap } from "../../maths/phaseMap.js";
import type { MapSpec } from "../../state/labState.js";
import { gpuHere } from "../gpuHere.js";
import { state } from "../session.js";
import { helper, mappers } from "../workers.js";

/** The map on show, at first a coarse one; null: none yet. */
export const shownMap = signal<PhaseMap | null>(null);
/** The theory's boundaries of the model on show at a learning rate of 1. */
export const bounds = signal<LinearBoundaries | null>(null);
/** Whether a map, or its finer cells, are still to come. */
export const busy = signal(false);
/** Why the GPU does not compute maps any more; null: nothing happened to it. */
export const gpuTrouble = signal<string | null>(null);
/** When the map that comes next was asked for, in ms of the page's clock. */
export let askedAt = 0;

/** A whole map that takes longer, in ms, is preceded by a coarse one. */
const AT_ONCE = 100;
/** What the last whole map took. */
let took = Number.POSITIVE_INFINITY;

let asked: string | null = null;
let wanted: MapSpec | null = null;
let working = false;

/** A GPU is the faster one, unless it is a processor that emulates one; that is taken where the visitor chose it. */
export function mapsOnGpu(): boolean {
  const here = gpuHere.value;
  if (!here?.found || gpuTrouble.value !== null) return false;
  return !here.software || state.value.machine === "webgpu";
}

/** Shows the map of a model. Of the models that are asked for meanwhile, as by a slider that is dragged, only the last counts. */
export async function showMap(model: MapSpec): Promise<void> {
  const key = JSON.stringify(model);
  if (asked === key) return;
  asked = key;
  askedAt = performance.now();
  wanted = model;
  if (working) return;
  working = true;
  busy.value = true;
  try {
    while (wanted) {
      const next: MapSpec = wanted;
      wanted = null;
      const lines = helper().mapBoundaries(next);
      const coarse = took > AT_ONCE ? await made(next, COARSE) : null;
      bounds.value = await lines;
      if (coarse) shownMap.value = coarse;
      if (coarse && wanted) continue;
      const start = performance.now();
      shownMap.value = await made(next, 1);
      took = performance.now() - start;
    }
  } catch (error) {
    // The same model may be asked for again.
    asked = null;
    throw error;
  } finally {
    working = false;
    busy.value = false;
  }
}

async function made(model: MapSpec, stride: number): Promise<PhaseMap> {
  if (mapsOnGpu()) {
    try {
      return await helper().mapShare(model, { stride, part: 0, of: 1, backend: "webgpu" });
    } catch (error) {
      gpuTrouble.value = error instanceof Error ? error.message : String(error);
    }
  }
  const all = mappers();
  const share = { stride, of: all.length, backend: "wasm" } as const;
  return joined(
    await Promise.all(all.map((mapper, part) => mapper.mapShare(model, { ...share, part }))),
  );
}
