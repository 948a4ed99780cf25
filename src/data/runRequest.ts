// Runs one batch on one connection: streams its rows in blocks that leave the event loop free, cancels by ATTENTION, maps its errors.
import { Request, type Connection } from 'tedious';
import { AppError, cancelled, type ServerMessage } from '../core/errors.ts';
import type { BatchSink, Cell, SqlStatement } from '../core/ports.ts';
import { statementError, transportError, type ErrorContext } from '../core/sqlErrors.ts';
import { columnMeta, type DriverColumn } from './columnType.ts';
import { errorCode } from './errorChain.ts';
import { addParameters, prepareParameters } from './requestParameters.ts';

/** Rows between two turns of the event loop (HOUSE: every 200-1000). */
const blockSize = 200;
/** A statement that trickles shows what it has after this many milliseconds. */
const trickle = 100;

/** As tedious emits INFO and ERROR tokens (MS-TDS 2.2.7.10, 2.2.7.13). */
interface DriverMessage {
  number: number;
  state: number;
  class: number;
  message: string;
  procName: string;
  lineNumber: number;
}

export function serverMessage(token: DriverMessage): ServerMessage {
  return {
    number: token.number,
    state: token.state,
    class: token.class,
    message: token.message,
    line: token.lineNumber,
    ...(token.procName === '' ? {} : { procedure: token.procName }),
  };
}

/**
 * Everything the batch produces goes to the sink in order; the promise settles once the server is done with it and the sink has taken
 * the last rows. A batch without parameters is sent as SQL batch, as written; with parameters through sp_executesql. `wrapped` takes
 * sp_executesql anyway: what SET changes ends with it (Learn, "SET Statements").
 * @throws AppError cancelled (after the server acknowledged), timeout, connectionLost, or the first error of the batch
 */
export async function runRequest(
  connection: Connection,
  statement: SqlStatement,
  sink: BatchSink,
  context: ErrorContext,
  signal?: AbortSignal,
  wrapped = false,
): Promise<void> {
  if (isAborted(signal)) throw cancelled();
  const { text, parameters } = prepareParameters(statement);
  const errors: ServerMessage[] = [];
  let block: (readonly Cell[])[] = [];
  let timer: NodeJS.Timeout | undefined;
  /** What the sink still does with rows it was given, when it said so. */
  let taking: Promise<void> | undefined;
  let sinkError: unknown;
  let failedSink = false;

  const failure = await new Promise<Error | null | undefined>((resolve) => {
    const request = new Request(text, (error) => resolve(error));
    addParameters(request, parameters);

    const onSinkError = (error: unknown): void => {
      if (failedSink) return;
      failedSink = true;
      sinkError = error;
      connection.cancel();
    };
    const flush = (): void => {
      clearTimeout(timer);
      timer = undefined;
      if (block.length === 0) return;
      const rows = block;
      block = [];
      if (failedSink) return;
      try {
        const taken = sink.rows(rows);
        if (taken !== undefined) {
          taking = (taking ?? Promise.resolve()).then(() => taken).catch(onSinkError);
        }
      } catch (error) {
        onSinkError(error);
      }
    };
    /** Pauses until the sink has taken the rows and everybody else had a turn. */
    const yieldTurn = (): void => {
      request.pause();
      const resume = (): void => {
        setImmediate(() => request.resume());
      };
      if (taking === undefined) resume();
      else {
        const waited = taking;
        void waited.finally(() => {
          if (taking === waited) taking = undefined;
          resume();
        });
      }
    };
    const guarded = (call: () => void): void => {
      if (failedSink) return;
      try {
        call();
      } catch (error) {
        onSinkError(error);
      }
    };

    request.on('columnMetadata', (columns) => {
      flush();
      // useColumnNames is off: an array.
      const metas = (columns as readonly DriverColumn[]).map(columnMeta);
      guarded(() => sink.columns(metas));
    });
    request.on('row', (columns: readonly { value: Cell }[]) => {
      block.push(columns.map(valueOf));
      if (block.length === 1) timer ??= setTimeout(flush, trickle);
      if (block.length >= blockSize) {
        flush();
        yieldTurn();
      }
    });
    const statementDone = (rowCount: number | undefined): void => {
      flush();
      guarded(() => sink.statementDone(rowCount));
    };
    request.on('done', statementDone);
    request.on('doneInProc', statementDone);

    const onMessage = (token: DriverMessage): void => {
      flush();
      const message = serverMessage(token);
      if (message.class > 10) errors.push(message);
      guarded(() => sink.message(message));
    };
    connection.on('infoMessage', onMessage);
    connection.on('errorMessage', onMessage);
    const onAbort = (): void => {
      connection.cancel();
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    request.once('requestCompleted', () => {
      flush();
      connection.removeListener('infoMessage', onMessage);
      connection.removeListener('errorMessage', onMessage);
      signal?.removeEventListener('abort', onAbort);
    });

    if (wrapped || parameters.length > 0) connection.execSql(request);
    else connection.execSqlBatch(request);
  });

  clearTimeout(timer);
  await taking;
  if (isAborted(signal)) throw cancelled(failure);
  if (failedSink) throw sinkError;
  const [first] = errors;
  if (first !== undefined) throw statementError(first, context, failure ?? undefined);
  if (failure) throw requestError(failure, context);
}

const valueOf = ({ value }: { value: Cell }): Cell => value;
const isAborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;

function requestError(error: Error, context: ErrorContext): AppError {
  const code = errorCode(error);
  switch (code) {
    case 'ETIMEOUT':
      return new AppError(
        'timeout',
        'The server did not answer within the request time-out of this connection.',
        {
          remedies: [{ kind: 'retry' }, { kind: 'editConnection', connectionId: context.connectionId }],
          cause: error,
        },
      );
    case 'EINVALIDSTATE':
    case 'ECLOSE':
    case 'ESOCKET':
    case 'ECONNRESET':
    case 'EPIPE':
    case 'ECONNABORTED':
      return transportError(code, context, error);
    case undefined:
      return new AppError('sqlError', error.message, { cause: error });
    default:
      // A value that tedious refuses before anything is sent (EPARAM, EREQUEST without a number).
      return code === 'EPARAM' || code === 'EREQUEST'
        ? new AppError('invalidInput', error.message, { cause: error })
        : transportError(code, context, error);
  }
}

/** A sink that keeps every result set, for short statements. */
export function collect(): {
  sink: BatchSink;
  results: { columns: ReturnType<typeof columnMeta>[]; rows: (readonly Cell[])[] }[];
  started: () => boolean;
} {
  const results: { columns: ReturnType<typeof columnMeta>[]; rows: (readonly Cell[])[] }[] = [];
  let started = false;
  return {
    results,
    started: () => started,
    sink: {
      columns: (columns) => {
        started = true;
        results.push({ columns: [...columns], rows: [] });
      },
      rows: (rows) => {
        for (const row of rows) results.at(-1)?.rows.push(row);
      },
      statementDone: (rowCount) => {
        if (rowCount !== undefined) started = true;
      },
      message: () => undefined,
    },
  };
}
