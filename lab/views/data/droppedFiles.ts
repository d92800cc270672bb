/** What a person dropped or chose. */
export interface Drop {
  /** Files by their path; a file of a folder has the folder's name before it. */
  readonly files: ReadonlyMap<string, File>;
  /** The name of the folder, if a folder was dropped. */
  readonly folder: string | null;
}

/** More files than this are no result folder, nor a data set. */
const MOST_FILES = 200;

/** Reads what was dropped. The browser tells of it only until the event is over: call it at once. */
export function dropOf(transfer: DataTransfer): Promise<Drop> {
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  return filesIn(entries);
}

/** The files that were chosen with an input. */
export function chosenOf(list: FileList): Drop {
  const files = new Map<string, File>();
  for (const file of [...list].slice(0, MOST_FILES)) {
    files.set(file.webkitRelativePath || file.name, file);
  }
  const [first] = files.keys();
  return { files, folder: first?.includes("/") ? first.split("/")[0] : null };
}

async function filesIn(entries: readonly FileSystemEntry[]): Promise<Drop> {
  const files = new Map<string, File>();
  const waiting = [...entries];
  for (let entry = waiting.shift(); entry && files.size < MOST_FILES; entry = waiting.shift()) {
    if (entry.isFile) {
      const file = await fileOf(entry as FileSystemFileEntry);
      files.set(entry.fullPath.replace(/^\//, ""), file);
    } else {
      waiting.push(...(await entriesOf(entry as FileSystemDirectoryEntry)));
    }
  }
  const folder = entries.find(({ isDirectory }) => isDirectory);
  return { files, folder: folder?.name ?? null };
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((take, fail) => entry.file(take, fail));
}

/** A browser tells of a folder's entries in parts, until there are none left. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((take, fail) =>
      reader.readEntries(take, fail),
    );
    if (part.length === 0 || all.length > MOST_FILES) return all;
    all.push(...part);
  }
}
