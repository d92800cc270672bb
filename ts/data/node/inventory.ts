import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { access } from "node:fs/promises";
import { join } from "node:path";
import type { NamedSet } from "../load.js";
import { locate } from "./locate.js";
import { KNOWN_SETS } from "./sets.js";

/** Where a named data set is. */
export interface SetStatus {
  /** Its name in `experiment.data.name`. */
  readonly name: NamedSet;
  /** Its name for people. */
  readonly title: string;
  /** Where its four files are; null if nowhere. */
  readonly folder: string | null;
}

/** The data sets known by name, and where they are found. */
export async function listSets(): Promise<SetStatus[]> {
  const names = Object.keys(KNOWN_SETS) as NamedSet[];
  return Promise.all(
    names.map(async (name) => ({
      name,
      title: KNOWN_SETS[name].title,
      folder: await locate(name),
    })),
  );
}

/** How a file compares with the published one. */
export interface FileCheck {
  /** The file's name. */
  readonly file: string;
  /** `unpacked`: not the published gzip file, so that there is nothing to compare with. */
  readonly state: "whole" | "wrong" | "unpacked";
}

/** Compares a set's files with their published SHA-256. */
export async function checkSet(name: NamedSet, folder: string): Promise<FileCheck[]> {
  return Promise.all(
    KNOWN_SETS[name].files.map(async ({ name: file, sha256 }) => {
      const path = join(folder, file);
      try {
        await access(path);
      } catch {
        return { file: file.replace(/\.gz$/, ""), state: "unpacked" as const };
      }
      return { file, state: (await digest(path)) === sha256 ? "whole" : "wrong" } as const;
    }),
  );
}

async function digest(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest("hex");
}
