import { readFile, stat } from "node:fs/promises";
import { InputError, shown } from "../../errors/errors.js";

const WHY: Record<string, string> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EACCES: "it may not be read",
  ERR_FS_FILE_TOO_LARGE: "it is larger than 2 GiB, which is not read in one piece",
};

/**
 * Reads a file.
 * @param field the field that named the file, for messages.
 * @throws InputError if there is no such file or it cannot be read.
 */
export async function readBytes(path: string, field: string): Promise<Uint8Array> {
  const fail = (why: string): never => {
    throw new InputError(field, `${field} is ${shown(path)}: ${why}; takes the path of a file`);
  };
  try {
    const status = await stat(path);
    // Reading a device or a pipe may never end.
    if (!status.isFile())
      return fail(status.isDirectory() ? "it is a folder" : "it is not a regular file");
    return await readFile(path);
  } catch (error) {
    if (error instanceof InputError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    return fail(WHY[code] ?? code);
  }
}
