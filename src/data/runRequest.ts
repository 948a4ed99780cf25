// Runs one batch on one connection: streams its rows in blocks that leave the event loop free, cancels by ATTENTION, maps its errors.
import { Request, type Connection } from 'tedious';
import { AppError, cancelled, type ServerMessage } from '../core/errors.ts';
import type { BatchSink, Cell, SqlStatement } from '../core/ports.ts';
import { onlyReads } from '../core/onlyReads.ts';
import { statementError, type ErrorContext } from '../core/sqlErrors.ts';
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
 * @throws AppError cancelled (after the server acknowledged), timeout, connectionLost (nothing can have changed), outcomeUnknown (the
 * answer was lost and something may have), or the first error of the batch
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
  /** It changed rows before the server heard that it should stop. */
  let wrote = false;
  /** A statement of it came to its end before somebody stopped it. */
  let counted = false;

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
      counted ||= (rowCount ?? 0) > 0;
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
    // Told by tedious for whatever stops it: a person, its time-out, a sink that failed.
    request.once('cancel', () => {
      watchWrites(connection, request, () => {
        wrote = true;
      });
    });
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
  const code = failure ? errorCode(failure) : undefined;
  const isStopped = (code === 'ECANCEL' && isAborted(signal)) || code === 'ETIMEOUT';
  // Whoever runs a batch of their own saw what each statement did; of a statement of this product nobody did.
  if (isStopped && (wrote || (wrapped && counted && !onlyReads(statement.text)))) {
    throw unknown(
      context,
      code === 'ETIMEOUT'
        ? 'It had already done its work on the server when its time was over: what it changed is changed.'
        : 'It had already done its work on the server when the cancel arrived: what it changed is changed.',
      failure,
    );
  }
  if (isStopped && code === 'ECANCEL') throw cancelled(failure);
  if (failedSink) throw sinkError;
  const [first] = errors;
  if (first !== undefined) throw statementError(first, context, failure ?? undefined);
  if (!failure) return;
  const error = requestError(failure, context, connection.closed);
  if (error.code !== 'connectionLost') throw error;
  // A read whose end nobody waits for any more has no outcome to tell of.
  if (onlyReads(statement.text)) throw isAborted(signal) ? cancelled(failure) : error;
  if (wasNotSent(error)) throw error;
  throw unknown(
    context,
    'The connection was lost after the statement was sent: it may or may not have been applied. Look before trying again.',
    failure,
  );
}

function unknown(context: ErrorContext, message: string, cause: unknown): AppError {
  return new AppError('outcomeUnknown', message, {
    remedies: [{ kind: 'checkOutcome', connectionId: context.connectionId }],
    cause,
  });
}

/** Whether a statement never left this computer: the connection was gone already (tedious 20.3.9, makeRequest). */
export function wasNotSent(error: AppError): boolean {
  return error.code === 'connectionLost' && errorCode(error.cause) === 'EINVALIDSTATE';
}

/** Of INSERT, DELETE, UPDATE and MERGE, as DONE names what it ends (MS-TDS 2.2.7.6, CurCmd). */
const writing = new Set([0xc3, 0xc4, 0xc5, 0x117]);

/**
 * After a cancel tedious throws away what the server still sends. A DONE among it that counts rows of a write says that the write
 * came to its end before the server heard of the cancel.
 */
function watchWrites(connection: Connection, request: Request, wrote: () => void): void {
  const { debug } = connection;
  const before = debug.token.bind(debug);
  debug.token = (token) => {
    if (endsWrite(token)) wrote();
    before(token);
  };
  // The class's own is there again; putting `before` back would wrap it once more with each cancel.
  request.once('requestCompleted', () => Reflect.deleteProperty(debug, 'token'));
}

function endsWrite(token: object): boolean {
  const value = (name: 'curCmd' | 'rowCount' | 'sqlError'): unknown => Reflect.get(token, name);
  const command = value('curCmd');
  const count = value('rowCount');
  return (
    typeof command === 'number' &&
    writing.has(command) &&
    typeof count === 'number' &&
    count > 0 &&
    value('sqlError') !== true
  );
}

function requestError(error: Error, context: ErrorContext, closed: boolean): AppError {
  const code = errorCode(error);
  // The server was told to stop and has not said that it did (tedious 20.3.9, cancelTimeout): nobody knows how far it came.
  if (code === 'ETIMEOUT' && error.message.startsWith('Failed to cancel')) {
    return new AppError(
      'connectionLost',
      `${context.server} did not confirm the cancel in time, so the connection was closed.`,
      { remedies: [{ kind: 'retry' }], cause: error },
    );
  }
  if (code === 'ETIMEOUT') {
    return new AppError(
      'timeout',
      'The server did not answer within the request time-out of this connection, so the statement was stopped.',
      {
        remedies: [{ kind: 'retry' }, { kind: 'editConnection', connectionId: context.connectionId }],
        cause: error,
      },
    );
  }
  // A value that tedious refuses before anything is sent (EPARAM, EREQUEST without a number).
  if (code === 'EPARAM' || code === 'EREQUEST')
    return new AppError('invalidInput', error.message, { cause: error });
  if (code === undefined && !closed) return new AppError('sqlError', error.message, { cause: error });
  return new AppError(
    'connectionLost',
    `The connection to ${context.server} was lost${code === undefined ? '' : ` (${code})`}.`,
    { remedies: [{ kind: 'retry' }], cause: error },
  );
}

const valueOf = ({ value }: { value: Cell }): Cell => value;
const isAborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;

/** A sink that keeps every result set, for short statements. */
export function collect(): {
  sink: BatchSink;
  results: { columns: ReturnType<typeof columnMeta>[]; rows: (readonly Cell[])[] }[];
  /** Whether any statement of it came to rows or to its end, before an error did. */
  started: () => boolean;
} {
  const results: { columns: ReturnType<typeof columnMeta>[]; rows: (readonly Cell[])[] }[] = [];
  let started = false;
  let failed = false;
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
      statementDone: () => {
        // An error has a DONE of its own.
        if (!failed) started = true;
      },
      message: ({ class: severity }) => {
        if (severity > 10) failed = true;
      },
    },
  };
}
