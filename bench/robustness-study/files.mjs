import { readFileSync, renameSync, writeFileSync } from "node:fs";

export function readJson(file) {
  return JSON.parse(readFileSync(file, "utf8"));
}

/** Whole or not at all, so that an interrupted file is not taken for a finished one. */
export function writeJson(file, value) {
  writeFileSync(`${file}.part`, `${JSON.stringify(value, null, 2)}\n`);
  renameSync(`${file}.part`, file);
}
