import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import {
  type ColumnSource,
  fileWriter,
  ParquetWriter,
  schemaFromColumnData,
} from "hyparquet-writer";
import { syncFolder, unwritable } from "./atomic.js";

/** A column of a batch. All batches have the same columns. */
export interface Column {
  readonly name: string;
  readonly data: readonly unknown[];
  readonly type: "INT32" | "DOUBLE" | "BOOLEAN" | "STRING";
  readonly nullable?: boolean;
}

/**
 * Writes a Parquet file, batch by batch, whole or not at all.
 * @throws RunError with the path and the cause, such as a full disk.
 */
export async function writeParquet(
  path: string,
  batches: AsyncIterable<readonly Column[]>,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  const part = `${path}.${process.pid}.part`;
  const kvMetadata = Object.entries(metadata).map(([key, value]) => ({ key, value }));
  try {
    let parquet: ParquetWriter | null = null;
    for await (const batch of batches) {
      const columnData = batch as unknown as ColumnSource[];
      parquet ??= new ParquetWriter({
        writer: fileWriter(part),
        schema: schemaFromColumnData({ columnData }),
        kvMetadata,
      });
      await parquet.write({ columnData });
    }
    await parquet?.finish();
    const file = await open(part, "r+");
    await file.sync().finally(() => file.close());
    await rename(part, path);
    await syncFolder(dirname(path));
  } catch (cause) {
    await rm(part, { force: true }).catch(() => {});
    throw unwritable(path, cause);
  }
}
