/** The report's figures, in one part of the page that is loaded on demand. @module */
export { linearTrajectories, trainingCurves } from "../../ts/report/curves.js";
export { phaseGrid } from "../../ts/report/phaseGrid.js";
export { phaseMap } from "../../ts/report/phaseMap.js";
export { runCurves } from "../../ts/report/runCurves.js";
