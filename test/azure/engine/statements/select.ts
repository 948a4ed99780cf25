// SELECT: binds, checks, and streams rows to the client as fast as it takes them; SELECT @v = …; SELECT INTO.
import type { ResultColumn } from '../../contract.ts';
import type { SelectStatement } from '../../tsql/ast.ts';
import { bindCommonTables } from '../bind/commonTables.ts';
import { bindQuery } from '../bind/query.ts';
import type { BoundQuery } from '../bind/boundQuery.ts';
import type { Binder } from '../bind/binder.ts';
import { raise } from '../bind/raise.ts';
import { decoder } from '../catalog/values.ts';
import type { Frame } from '../interpreter/frame.ts';
import type { Interpreter } from '../interpreter/interpreter.ts';
import { orderOf } from './resultOrder.ts';
import { createTableFor } from './selectInto.ts';
import { withinTextSize } from './textSize.ts';
import { beginTransaction } from './transaction.ts';

/** DONE's CurCmd. */
export const commands = { select: 0xc1, insert: 0xc3, delete: 0xc4, update: 0xc5, merge: 0x117 } as const;

/** OPTION (MAXRECURSION n). @throws SqlError 310 */
export function setMaxRecursion(binder: Binder, options: readonly string[], line: number): void {
  for (const option of options) {
    const [, digits] = /^MAXRECURSION (\d+)$/u.exec(option) ?? [];
    if (digits === undefined) continue;
    if (Number(digits) > 32_767) {
      raise(
        310,
        `The value ${digits} specified for the MAXRECURSION option exceeds the allowed maximum of 32767.`,
        line,
        15,
      );
    }
    binder.maxRecursion = Number(digits);
  }
}

export interface PreparedSelect {
  sql: string;
  query: BoundQuery;
  binder: Binder;
}

export async function prepareSelect(
  interpreter: Interpreter,
  statement: SelectStatement,
  frame: Frame,
): Promise<PreparedSelect> {
  const binder = await interpreter.binder(frame);
  setMaxRecursion(binder, statement.options, statement.line);
  const common = bindCommonTables(binder, statement.with);
  const query = bindQuery(binder, statement.query, undefined);
  common.end();
  const limit = interpreter.state.options.rowCount;
  const sql = common.sql + query.sql;
  return { sql: limit > 0 ? `SELECT * FROM (${sql}) AS limited LIMIT ${String(limit)}` : sql, query, binder };
}

export function resultColumns(query: BoundQuery): ResultColumn[] {
  return query.columns.map((column) => ({
    name: column.name,
    type: column.untypedNull === true ? { name: 'int' } : column.type,
    nullable: column.nullable,
    ...(column.identity === true ? { identity: true } : {}),
    ...(column.computed === true ? { computed: true } : {}),
  }));
}

export async function executeSelect(
  interpreter: Interpreter,
  statement: SelectStatement,
  frame: Frame,
): Promise<void> {
  const body = statement.query.body;
  const into = body.kind === 'selectBlock' ? body.into : undefined;
  interpreter.verb = 'SELECT';
  const prepared = await prepareSelect(interpreter, statement, frame);
  const { sql, query, binder } = prepared;
  await interpreter.authorize(binder.requirements, frame);
  const parameters = await interpreter.parameters(binder.parameters, frame);
  const { state } = interpreter;
  // SET IMPLICIT_TRANSACTIONS: reading a table begins one as well, SELECT 1 does not.
  if (state.options.implicitTransactions && state.transactions === 0 && binder.requirements.length > 0) {
    await beginTransaction(interpreter);
  }
  if (into !== undefined) {
    interpreter.refuseWriteWhenDoomed();
    const count = await interpreter.locked(binder, () =>
      createTableFor(interpreter, into, query, sql, parameters, frame),
    );
    state.rowCount = BigInt(count);
    interpreter.done({ rowCount: count, command: commands.select });
    return;
  }
  if (query.assignments !== undefined) {
    let last: (string | null)[] | undefined;
    let count = 0;
    await interpreter.locked(binder, () =>
      interpreter.connection.stream(sql, parameters, {
        onRow: (values) => {
          last = values;
          count += 1;
          return undefined;
        },
      }),
    );
    if (last !== undefined) {
      for (const [i, { variable }] of query.assignments.entries()) {
        const target = frame.get(variable);
        if (target !== undefined) target.value = last[i] ?? null;
      }
    }
    if (query.accumulated === true) count = Number(last?.at(-1) ?? 0);
    state.rowCount = BigInt(count);
    interpreter.done({ rowCount: count, command: commands.select });
    return;
  }
  const columns = resultColumns(query);
  if (state.options.fmtOnly) {
    interpreter.out.columns(columns);
    interpreter.done({ rowCount: 0, command: commands.select });
    return;
  }
  const order = orderOf(statement.query, columns);
  const count = await interpreter.locked(binder, () =>
    streamRows(interpreter, sql, parameters, columns, order),
  );
  state.rowCount = BigInt(count);
  interpreter.done({ rowCount: count, command: commands.select });
}

/** Announces the columns, sends the rows, and returns how many there were. */
export async function streamRows(
  interpreter: Interpreter,
  sql: string,
  parameters: readonly (string | null)[],
  columns: ResultColumn[],
  order: readonly number[] = [],
): Promise<number> {
  const { out } = interpreter;
  const { textSize } = interpreter.state.options;
  const decoders = columns.map(({ type }) => withinTextSize(type, decoder(type), textSize));
  const width = columns.length;
  let announced = false;
  const announce = (): void => {
    if (announced) return;
    announced = true;
    out.columns(columns, order);
  };
  let count = 0;
  await interpreter.connection.stream(sql, parameters, {
    onColumns: announce,
    onRow: (values) => {
      announce();
      count += 1;
      const row = values.length === width ? values : values.slice(0, width);
      return out.row(
        row.map((value, i) => {
          if (value === null) return null;
          const decode = decoders[i];
          return decode === undefined ? value : decode(value);
        }),
      );
    },
  });
  announce();
  return count;
}
