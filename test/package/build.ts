export { ensureBuilt as default } from "../../scripts/ensureBuilt.mjs";
