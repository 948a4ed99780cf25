// Cursors of T-SQL: DECLARE, OPEN, FETCH, CLOSE, DEALLOCATE. All are static: the rows are those of OPEN.
import { foldName } from '../catalog/foldName.ts';
import type {
  CloseCursor,
  CursorDefinition,
  CursorName,
  DeallocateCursor,
  DeclareCursor,
  FetchCursor,
  OpenCursor,
} from '../../tsql/ast.ts';
import { raise, unsupported } from '../bind/raise.ts';
import { decoder } from '../catalog/values.ts';
import type { Cursor } from '../interpreter/cursor.ts';
import type { Frame } from '../interpreter/frame.ts';
import type { Interpreter } from '../interpreter/interpreter.ts';
import { prepareSelect } from './select.ts';

export function declareCursorVariable(_interpreter: Interpreter, name: string, frame: Frame): void {
  frame.cursorVariables.set(foldName(name), undefined);
}

export function setCursorVariable(
  _interpreter: Interpreter,
  name: string,
  definition: CursorDefinition,
  frame: Frame,
): void {
  frame.cursorVariables.set(foldName(name), fresh(name, definition));
}

function fresh(name: string, definition: CursorDefinition): Cursor {
  if (definition.options.includes('KEYSET') || definition.options.includes('DYNAMIC')) {
    unsupported(`CURSOR ${definition.options.join(' ')}`, definition.line);
  }
  // OPTIMISTIC and TYPE_WARNING are about positioned updates and conversions that are refused anyway.
  if (definition.options.includes('SCROLL_LOCKS')) unsupported('CURSOR SCROLL_LOCKS', definition.line);
  if (definition.forUpdate !== undefined) unsupported('CURSOR … FOR UPDATE', definition.line);
  const copied = definition.options.includes('STATIC') || definition.options.includes('INSENSITIVE');
  return { name, definition, columns: [], closesOnRollback: !copied, rows: undefined, position: -1 };
}

function close(interpreter: Interpreter, cursor: Cursor): void {
  cursor.rows = undefined;
  interpreter.state.openCursors.delete(cursor);
}

/** What the end of a transaction does to open cursors (Learn: "SET CURSOR_CLOSE_ON_COMMIT"). */
export function closeCursorsAtEnd(interpreter: Interpreter, how: 'commit' | 'rollback'): void {
  const { openCursors, options } = interpreter.state;
  for (const cursor of openCursors) {
    if (options.cursorCloseOnCommit || (how === 'rollback' && cursor.closesOnRollback))
      close(interpreter, cursor);
  }
}

function find(interpreter: Interpreter, cursor: CursorName, frame: Frame, line: number): Cursor {
  const found =
    cursor.kind === 'variable'
      ? frame.cursorVariables.get(foldName(cursor.name))
      : ((cursor.global ? undefined : frame.localCursors.get(foldName(cursor.name))) ??
        interpreter.state.cursors.get(foldName(cursor.name)));
  if (found === undefined) {
    return cursor.kind === 'variable'
      ? raise(16950, `The variable '${cursor.name}' does not currently have a cursor allocated to it.`, line)
      : raise(16916, `A cursor with the name '${cursor.name}' does not exist.`, line);
  }
  return found;
}

export async function executeCursorStatement(
  interpreter: Interpreter,
  statement: DeclareCursor | OpenCursor | FetchCursor | CloseCursor | DeallocateCursor,
  frame: Frame,
): Promise<void> {
  switch (statement.kind) {
    case 'declareCursor': {
      const local = statement.definition.options.includes('LOCAL');
      const cursors = local ? frame.localCursors : interpreter.state.cursors;
      const key = foldName(statement.name);
      if (cursors.has(key))
        raise(16915, `A cursor with the name '${statement.name}' already exists.`, statement.line);
      cursors.set(key, fresh(statement.name, statement.definition));
      return;
    }
    case 'openCursor':
      await open(
        interpreter,
        find(interpreter, statement.cursor, frame, statement.line),
        frame,
        statement.line,
      );
      return;
    case 'fetchCursor':
      await fetch(interpreter, statement, frame);
      return;
    case 'closeCursor': {
      const cursor = find(interpreter, statement.cursor, frame, statement.line);
      if (cursor.rows === undefined) raise(16917, 'Cursor is not open.', statement.line);
      close(interpreter, cursor);
      return;
    }
    case 'deallocateCursor': {
      const cursor = find(interpreter, statement.cursor, frame, statement.line);
      interpreter.state.openCursors.delete(cursor);
      const key = foldName(statement.cursor.name);
      if (statement.cursor.kind === 'variable') frame.cursorVariables.set(key, undefined);
      else
        (frame.localCursors.get(key) === cursor ? frame.localCursors : interpreter.state.cursors).delete(key);
    }
  }
}

async function open(interpreter: Interpreter, cursor: Cursor, frame: Frame, line: number): Promise<void> {
  if (cursor.rows !== undefined) raise(16905, 'The cursor is already open.', line);
  const { definition } = cursor;
  const prepared = await prepareSelect(
    interpreter,
    {
      kind: 'select',
      with: definition.with,
      query: definition.query,
      options: [],
      line: definition.line,
      start: definition.start,
      end: definition.end,
    },
    frame,
  );
  await interpreter.authorize(prepared.binder.requirements, frame);
  const rows: (string | null)[][] = [];
  const parameters = await interpreter.parameters(prepared.binder.parameters, frame);
  await interpreter.locked(prepared.binder, () =>
    interpreter.connection.stream(prepared.sql, parameters, {
      onRow: (values) => {
        rows.push(values);
        return undefined;
      },
    }),
  );
  cursor.columns = prepared.query.columns.map(({ name, type, nullable }) => ({ name, type, nullable }));
  cursor.rows = rows;
  interpreter.state.openCursors.add(cursor);
  cursor.position = -1;
  interpreter.state.rowCount = 0n;
}

async function fetch(interpreter: Interpreter, statement: FetchCursor, frame: Frame): Promise<void> {
  const cursor = find(interpreter, statement.cursor, frame, statement.line);
  const { rows } = cursor;
  if (rows === undefined) return raise(16917, 'Cursor is not open.', statement.line);
  const offset =
    statement.offset === undefined
      ? 0
      : Number(await interpreter.evaluateValue(statement.offset, frame, { name: 'int' }));
  if (
    statement.direction !== 'next' &&
    !cursor.definition.options.some(
      (option) => option === 'SCROLL' || option === 'STATIC' || option === 'INSENSITIVE',
    )
  ) {
    raise(
      16911,
      `fetch: The fetch type ${statement.direction} cannot be used with forward only cursors.`,
      statement.line,
    );
  }
  const position = {
    next: cursor.position + 1,
    prior: cursor.position - 1,
    first: 0,
    last: rows.length - 1,
    absolute: offset < 0 ? rows.length + offset : offset - 1,
    relative: cursor.position + offset,
  }[statement.direction];
  cursor.position = Math.max(-1, Math.min(rows.length, position));
  const row = rows[cursor.position];
  interpreter.state.fetchStatus = row === undefined ? -1 : 0;
  interpreter.state.rowCount = row === undefined ? 0n : 1n;
  if (statement.into.length > 0) {
    if (statement.into.length !== cursor.columns.length) {
      raise(
        16924,
        'Cursorfetch: The number of variables declared in the INTO list must match that of selected columns.',
        statement.line,
      );
    }
    if (row === undefined) return;
    for (const [i, name] of statement.into.entries()) {
      const variable = frame.get(name);
      const column = cursor.columns[i];
      if (variable === undefined)
        raise(137, `Must declare the scalar variable "${name}".`, statement.line, 15);
      if (column !== undefined)
        variable.value = await interpreter.convertValue(row[i] ?? null, column.type, variable.type);
    }
    return;
  }
  interpreter.out.columns(cursor.columns);
  if (row !== undefined) {
    await interpreter.out.row(
      cursor.columns.map((column, i) => {
        const value = row[i] ?? null;
        return value === null ? null : (decoder(column.type)?.(value) ?? value);
      }),
    );
  }
  interpreter.done({ rowCount: row === undefined ? 0 : 1, command: 0xc1 });
}
