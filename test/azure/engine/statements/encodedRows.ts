// Rows served without encoding them again, for benchmarks that measure the client and not this server. Only texts that the backend's
// option `preEncode` accepts take this way: the first run is recorded as ROW tokens, later runs replay them, whatever the table holds
// by then. Nothing else in the local Azure does this, and a benchmark that uses it has to say so.
import type { ResponseWriter, ResultColumn } from '../../contract.ts';
import type { EngineServices } from '../interpreter/engineServices.ts';

/** Bytes per chunk: a few packets, so that back-pressure still works. */
const chunkSize = 64 * 1024;

interface Recording {
  columns: ResultColumn[];
  chunks: { tokens: Uint8Array; count: number }[];
  rowCount: number | bigint;
}

const keyOf = (database: string, text: string): string => `${database.toLowerCase()}\u0000${text}`;

/** false: nothing recorded yet. */
export async function replayRows(
  services: EngineServices,
  database: string,
  text: string,
  out: ResponseWriter,
): Promise<boolean> {
  const recording = services.encoded.get(keyOf(database, text));
  if (recording === undefined) return false;
  out.columns(recording.columns);
  for (const { tokens, count } of recording.chunks) await out.encodedRows(tokens, count);
  out.done({ kind: 'statement', rowCount: recording.rowCount, command: 0xc1 });
  return true;
}

/** A writer that passes everything on and keeps the encoded rows; kept only when exactly one result came without a message. */
export function recordRows(
  services: EngineServices,
  database: string,
  text: string,
  out: ResponseWriter,
): ResponseWriter {
  const recording: Recording = { columns: [], chunks: [], rowCount: 0 };
  let results = 0;
  let clean = true;
  let pending: Uint8Array[] = [];
  let size = 0;
  const flush = (): void => {
    if (pending.length === 0) return;
    recording.chunks.push({ tokens: Buffer.concat(pending), count: pending.length });
    pending = [];
    size = 0;
  };
  return {
    columns(columns) {
      results += 1;
      recording.columns = columns;
      out.columns(columns);
    },
    row(values) {
      const token = out.encodeRow(recording.columns, values);
      pending.push(token);
      size += token.length;
      if (size >= chunkSize) flush();
      return out.encodedRows(token, 1);
    },
    encodedRows: (tokens, count) => out.encodedRows(tokens, count),
    done(end) {
      flush();
      if (results === 1 && clean && end.error !== true && end.rowCount !== undefined) {
        recording.rowCount = end.rowCount;
        services.encoded.set(keyOf(database, text), recording);
      } else {
        services.encoded.delete(keyOf(database, text));
        clean = false;
      }
      out.done(end);
    },
    message(message) {
      clean = false;
      out.message(message);
    },
    flush: () => out.flush?.(),
    returnStatus: (value) => out.returnStatus(value),
    returnValue: (name, ordinal, type, value) => out.returnValue(name, ordinal, type, value),
    environment: (change) => out.environment(change),
    encodeRow: (columns, values) => out.encodeRow(columns, values),
  };
}

export type { Recording };
