/**
 * A folder on a disk or in a browser's private file system. It is *not* responsible for the meaning of its files. What
 * a call wrote is durable when the call resolves. Errors are RunErrors that name the file.
 */
export interface Storage {
  /** Name of the folder in messages. */
  readonly name: string;
  /** The contents of a file; null if there is no such file. */
  read(file: string): Promise<Uint8Array | null>;
  /** `length` bytes of a file from `offset` on; null if the file is shorter. */
  readRange(file: string, offset: number, length: number): Promise<Uint8Array | null>;
  /** Length of a file in bytes; 0 if there is no such file. */
  size(file: string): Promise<number>;
  /** Adds to the end of a file. If it fails or is interrupted, any part of the bytes may remain in the file. */
  append(file: string, bytes: Uint8Array): Promise<void>;
  /** Writes a file whole, or leaves it unchanged. */
  write(file: string, bytes: Uint8Array): Promise<void>;
  remove(file: string): Promise<void>;
  /** @throws RunError if this process no longer holds the folder. It must not write there then. */
  check(): Promise<void>;
  /** Releases everything, including the lock. */
  close(): Promise<void>;
}
