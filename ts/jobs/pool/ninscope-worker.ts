/** A browser's worker: bundled by itself, `dist/ninscope-worker.js`. */
import type { Endpoint } from "comlink";
import { serve } from "./trainingWorker.js";

serve(globalThis as unknown as Endpoint);
