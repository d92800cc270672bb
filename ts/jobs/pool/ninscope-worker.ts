/** A browser's worker: bundled by itself, `dist/ninscope-worker.js`. It trains, or is one of the threads of a run. */
import type { Endpoint } from "comlink";
import { beWebThread, isWebThread } from "../../backend/threads/webThread.js";
import { serve } from "./trainingWorker.js";

if (isWebThread()) beWebThread();
else serve(globalThis as unknown as Endpoint);
