/** The part that is used here of the private file system's synchronous access handle, which only workers have. */
interface Access {
  getSize(): number;
  write(bytes: Uint8Array, options: { at: number }): number;
  flush(): void;
  close(): void;
}

interface Writable extends FileSystemFileHandle {
  createSyncAccessHandle(): Promise<Access>;
}

interface Order {
  readonly id: number;
  readonly handle: Writable;
  readonly bytes: Uint8Array;
}

interface Answer {
  readonly id: number;
  /** Null if the append succeeded. */
  readonly failure: { readonly name: string; readonly message: string } | null;
}

/**
 * Appends to files on a worker. A page itself can append only by copying the whole file, which takes longer the more
 * results a sweep has. If no worker can be started (for example because of the site's security policy), the file is
 * copied. A worker appends by itself.
 */
export class Appender {
  #worker: Worker | null = null;
  readonly #waiting = new Map<number, (failure: Answer["failure"]) => void>();
  #orders = 0;
  #copies = false;

  async append(handle: FileSystemFileHandle, bytes: Uint8Array): Promise<void> {
    if (isWritable(handle)) return appended(handle, bytes);
    if (!this.#copies) this.#worker ??= this.#start();
    const failure = this.#copies ? UNAVAILABLE : await this.#order(handle, bytes);
    if (failure === UNAVAILABLE) return copied(handle, bytes);
    if (failure) throw new DOMException(failure.message, failure.name);
  }

  close(): void {
    this.#worker?.terminate();
  }

  #start(): Worker | null {
    const url = URL.createObjectURL(
      new Blob([`(${serve})(${appended})`], { type: "text/javascript" }),
    );
    try {
      const worker = new Worker(url);
      worker.onmessage = ({ data: { id, failure } }: MessageEvent<Answer>) =>
        this.#end(id, failure);
      worker.onerror = (event) => {
        event.preventDefault();
        this.#copies = true;
        for (const id of [...this.#waiting.keys()]) this.#end(id, UNAVAILABLE);
      };
      return worker;
    } catch {
      this.#copies = true;
      return null;
    }
  }

  #order(handle: FileSystemFileHandle, bytes: Uint8Array): Promise<Answer["failure"]> {
    const id = this.#orders++;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#worker?.postMessage({ id, handle, bytes });
    });
  }

  #end(id: number, failure: Answer["failure"]): void {
    this.#waiting.get(id)?.(failure);
    this.#waiting.delete(id);
  }
}

const UNAVAILABLE = { name: "NotSupportedError", message: "no worker can be started" };

async function copied(handle: FileSystemFileHandle, bytes: Uint8Array): Promise<void> {
  const stream = await handle.createWritable({ keepExistingData: true });
  const position = (await handle.getFile()).size;
  await stream.write({ type: "write", position, data: bytes as Uint8Array<ArrayBuffer> });
  await stream.close();
}

/** Whether this thread may write in place: browsers allow it on workers alone. */
function isWritable(handle: FileSystemFileHandle): handle is Writable {
  return "createSyncAccessHandle" in handle;
}

/** Its text is sent to the worker, so it cannot use anything from outside. */
async function appended(handle: Writable, bytes: Uint8Array): Promise<void> {
  const access = await handle.createSyncAccessHandle();
  try {
    const written = access.write(bytes, { at: access.getSize() });
    if (written < bytes.length) throw new DOMException("cut short", "QuotaExceededError");
    access.flush();
  } finally {
    access.close();
  }
}

/** The worker's code. It is sent as text, and can use nothing outside of it. */
function serve(append: typeof appended): void {
  globalThis.onmessage = async ({ data: { id, handle, bytes } }: MessageEvent<Order>) => {
    let failure: Answer["failure"] = null;
    try {
      await append(handle, bytes);
    } catch (cause) {
      const { name, message } = cause as DOMException;
      failure = { name, message };
    }
    globalThis.postMessage({ id, failure });
  };
}
