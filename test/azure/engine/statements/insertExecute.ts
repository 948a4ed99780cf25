// INSERT … EXECUTE: the rows of the procedure's or text's results go into the table.
import { foldName } from '../catalog/foldName.ts';
import type { ResponseWriter, ResultColumn, SqlValue } from '../../contract.ts';
import type { Execute, ExecuteText, Insert } from '../../tsql/ast.ts';
import { parseExpressionText } from '../../tsql/parser.ts';
import { assigned, findTarget } from '../bind/changeTarget.ts';
import { raise, unsupported } from '../bind/raise.ts';
import { encodeParameter } from '../catalog/values.ts';
import type { Frame } from '../interpreter/frame.ts';
import type { Interpreter } from '../interpreter/interpreter.ts';
import { executeDynamic } from './dynamicText.ts';
import { executeProcedureStatement } from './execute.ts';

export async function insertFromExecute(
  interpreter: Interpreter,
  statement: Insert,
  execute: Execute | ExecuteText,
  frame: Frame,
): Promise<void> {
  if (statement.output.length > 0) unsupported('INSERT … OUTPUT … EXECUTE', statement.line);
  const results: { columns: ResultColumn[]; rows: SqlValue[][] }[] = [];
  const { out } = interpreter;
  const collector: ResponseWriter = {
    columns: (columns) => {
      results.push({ columns, rows: [] });
    },
    row: (values) => {
      results.at(-1)?.rows.push(values);
      return undefined;
    },
    encodedRows: () => undefined,
    done: () => undefined,
    message: (message) => out.message(message),
    flush: () => out.flush?.(),
    returnStatus: () => undefined,
    returnValue: () => undefined,
    environment: (change) => out.environment(change),
    encodeRow: (columns, values) => out.encodeRow(columns, values),
  };
  interpreter.out = collector;
  try {
    if (execute.kind === 'execute') await executeProcedureStatement(interpreter, execute, frame);
    else await executeDynamic(interpreter, execute, frame);
  } finally {
    interpreter.out = out;
  }
  const binder = await interpreter.binder(frame);
  const object = findTarget(binder, statement.target);
  if (object.triggers.length > 0) unsupported('INSERT … EXECUTE into a table with triggers', statement.line);
  binder.require('INSERT', object);
  await interpreter.authorize(binder.requirements, frame);
  const columns =
    statement.columns.length > 0
      ? statement.columns.map((name) => {
          const found = object.columns.find((column) => foldName(column.name) === foldName(name.name));
          return found ?? raise(207, `Invalid column name '${name.name}'.`, name.line);
        })
      : object.columns.filter((column) => !column.computed && !column.identity && !column.generated);
  interpreter.verb = 'INSERT';
  const defaulted = object.columns.filter(
    (column) => column.defaultText !== undefined && !columns.includes(column),
  );
  let count = 0;
  await interpreter.connection.atomic(async () => {
    for (const result of results) {
      if (result.columns.length !== columns.length) {
        raise(
          213,
          'Column name or number of supplied values does not match table definition.',
          statement.line,
          16,
          7,
        );
      }
      const values = columns.map((column, i) => {
        const from = result.columns[i]?.type ?? column.type;
        const sql = `($${String(i + 1)}::${binder.storage.pgType(from)})`;
        return assigned(binder, object, column, { sql, type: from, nullable: true, loose: [] }, 0);
      });
      for (const column of defaulted) {
        values.push(`$${String(values.length + 1)}::${binder.storage.pgType(column.type)}`);
      }
      const sql = `INSERT INTO ${object.pgName} (${[...columns, ...defaulted].map((column) => column.pgName).join(', ')}) VALUES (${values.join(', ')})`;
      for (const row of result.rows) {
        const parameters = row.map((value, i) =>
          encodeParameter(result.columns[i]?.type ?? { name: 'nvarchar', length: -1 }, value),
        );
        for (const column of defaulted) {
          const { value } = await interpreter.evaluate(
            parseExpressionText(column.defaultText ?? 'NULL'),
            frame,
            column.type,
          );
          parameters.push(value);
        }
        await interpreter.connection.query(sql, parameters);
        count += 1;
      }
    }
  });
  interpreter.state.rowCount = BigInt(count);
  interpreter.done({ rowCount: count, command: 0xc3 });
}
