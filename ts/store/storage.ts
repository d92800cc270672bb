/**
 * A folder, on a disk or in a browser's private file system. It is *not* responsible for what its files mean.
 * What a call has written is durable when it resolves; errors are RunErrors that name the file.
 */
export interface Storage {
  /** For messages. */
  readonly name: string;
  /** Null if there is no such file. */
  read(file: string): Promise<Uint8Array | null>;
  /** Null if the file does not reach so far. */
  readRange(file: string, offset: number, length: number): Promise<Uint8Array | null>;
  /** 0 if there is no such file. */
  size(file: string): Promise<number>;
  /** Adds to the end of a file; an append that fails, or is cut short, may leave any part of it there. */
  append(file: string, bytes: Uint8Array): Promise<void>;
  /** Writes a file whole, or leaves it as it was. */
  write(file: string, bytes: Uint8Array): Promise<void>;
  remove(file: string): Promise<void>;
  /** @throws RunError if the folder is not ours any more: then nothing may be written there. */
  check(): Promise<void>;
  /** Lets go of everything, its lock too. */
  close(): Promise<void>;
}
