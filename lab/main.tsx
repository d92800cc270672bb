import { render } from "preact";
import "uplot/dist/uPlot.min.css";
import "./styles.css";
import { App } from "./views/app.js";
import { begin } from "./views/session.js";

begin();
render(<App />, document.getElementById("lab") as HTMLElement);
