/** Node's worker thread: bundled by itself, `dist/ninscope-worker-node.mjs`. */
import { parentPort } from "node:worker_threads";
import nodeEndpoint, { type NodeEndpoint } from "comlink/dist/esm/node-adapter.mjs";
import { serve } from "../trainingWorker.js";

serve(nodeEndpoint(parentPort as unknown as NodeEndpoint));
