import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { access } from "node:fs/promises";
import { join } from "node:path";
import type { NamedSet } from "../load.js";
import { locate } from "./locate.js";
import { KNOWN_SETS } from "./sets.js";

/** The place of a named data set. */
export interface SetStatus {
  /** Its name in `experiment.data.name`. */
  readonly name: NamedSet;
  /** Its name for people. */
  readonly title: string;
  /** Folder of its four files; null if they were not found. */
  readonly folder: string | null;
}

/** The named data sets, and where they were found. */
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
  /**
   * `whole`: the published file; `wrong`: a gzip file with another SHA-256; `unpacked`: not a gzip file, so it cannot
   * be compared.
   */
  readonly state: "whole" | "wrong" | "unpacked";
}

/** Compares the files of a set with their published SHA-256. */
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
