// Exports a result set from its row store to a file, block by block, so that a million rows need no more memory than a few hundred.
import { AppError, cancelled } from '../core/errors.ts';
import { byteOrderMark, csvHeader, csvRows } from '../core/exportCsv.ts';
import { jsonEnd, jsonKeys, jsonRows, jsonStart } from '../core/exportJson.ts';
import type { ResultSet, Row } from '../core/resultSet.ts';

export type ExportFormat = 'csv' | 'json';

/** A file being written. Nothing is visible under its name before `finish`. */
export interface ExportFile {
  /** Resolves when more may be written. */
  write(text: string): Promise<void>;
  finish(): Promise<void>;
  /** Removes what was written. Never rejects. */
  discard(): Promise<void>;
}

export interface ExportOptions {
  signal: AbortSignal;
  /** Called after each block with the rows written so far. */
  onProgress(rows: number): void;
  /** Gives way to other work between blocks: the extension host is shared. */
  giveWay(): Promise<void>;
}

/** Rows a block: enough to be fast, few enough to hold the event loop only a moment. */
const blockRows = 500;

/**
 * Writes all rows the set has now. CSV begins with a byte order mark, which spreadsheets need to read UTF-8.
 * @returns how many rows were written
 * @throws AppError cancelled, with the file discarded; invalidInput while rows still arrive
 */
export async function exportSet(
  set: ResultSet,
  format: ExportFormat,
  file: ExportFile,
  options: ExportOptions,
): Promise<number> {
  const total = set.rows.count;
  const keys = jsonKeys(set.columns);
  const rowsText = (rows: readonly Row[], first: boolean): string =>
    format === 'csv' ? csvRows(rows, set.columns) : jsonRows(rows, set.columns, keys, first);
  try {
    if (!set.complete)
      throw new AppError(
        'invalidInput',
        'Rows are still arriving. Export when the query has ended or is cancelled.',
      );
    await file.write(format === 'csv' ? byteOrderMark + csvHeader(set.columns) : jsonStart);
    for (let start = 0; start < total; start += blockRows) {
      if (options.signal.aborted) throw cancelled();
      const rows = await set.rows.window(start, blockRows);
      // The next run of the editor takes its rows away: half of them must not look like all.
      if (rows.length !== Math.min(blockRows, total - start))
        throw new AppError(
          'invalidInput',
          'These results were replaced by a newer run. Nothing was exported.',
        );
      await file.write(rowsText(rows, start === 0));
      options.onProgress(Math.min(start + blockRows, total));
      await options.giveWay();
    }
    if (format === 'json') await file.write(jsonEnd);
    await file.finish();
  } catch (error) {
    await file.discard();
    throw error;
  }
  return total;
}
