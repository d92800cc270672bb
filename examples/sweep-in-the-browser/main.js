// A sweep on a page: workers make the runs, the page shows how far they are, and a store in the browser's private file
// system keeps finished runs, so that a page that is reloaded makes only those that are missing.
import { InputError, RunError, sweep } from "ninscope";
import { openBrowserStore } from "ninscope/browser-store";

const $ = (id) => document.getElementById(id);

const experiment = {
  network: { layers: [32, 32] },
  data: { name: "gaussian-mixture", inputs: 16, classes: 4, train: 1000, test: 500 },
  optimizer: { learningRate: 0.1, batchSize: 50 },
  epochs: 40,
  sweep: { "noise.0.sigma": "0.3:300:12" },
};

let controller;

async function start() {
  controller = new AbortController();
  $("start").disabled = true;
  $("stop").disabled = false;
  $("runs").replaceChildren();
  let store;
  try {
    store = await openBrowserStore("first-sweep");
    const before = store.size;
    const runs = sweep(experiment, { store, signal: controller.signal, onProgress });
    // Each run comes as soon as it is finished. `await runs` instead gives all of them at once, with their boundaries.
    for await (const { fields, phase, final } of runs) {
      const row = $("runs").insertRow();
      row.insertCell().textContent = fields["noise.0.sigma"].toPrecision(3);
      row.insertCell().textContent = phase;
      row.insertCell().textContent = final.unperturbedLoss.toFixed(4);
    }
    $("result").textContent = `${store.size} runs, ${before} of them from the store`;
  } catch (error) {
    if (controller.signal.aborted)
      $("result").textContent = `stopped, ${store?.size ?? 0} runs kept`;
    else if (error instanceof InputError || error instanceof RunError) {
      $("result").textContent = error.message;
    } else throw error;
  } finally {
    await store?.close();
    $("start").disabled = false;
    $("stop").disabled = true;
  }
}

function onProgress({ done, total, what, secondsLeft }) {
  $("progress").max = total;
  $("progress").value = done;
  const left = secondsLeft === null ? "" : `, about ${Math.ceil(secondsLeft)} s left`;
  $("progress-text").textContent = `${Math.floor(done)} of ${total} ${what}s${left}`;
}

$("start").addEventListener("click", start);
$("stop").addEventListener("click", () => controller.abort());
