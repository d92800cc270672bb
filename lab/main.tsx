import { render } from "preact";
import "uplot/dist/uPlot.min.css";
import "./styles.css";
import "./styles-work.css";
import { followAddress } from "./views/address.js";
import { App } from "./views/app.js";

followAddress();
render(<App />, document.getElementById("lab") as HTMLElement);

// Once the page is there, it is kept for when there is no network. Where that is not possible, nothing is lost.
if ("serviceWorker" in navigator) {
  addEventListener("load", () => {
    navigator.serviceWorker.register("./service-worker.js").catch(() => {});
  });
}
