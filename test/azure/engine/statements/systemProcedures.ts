// The system procedures that drivers and this product call.
import { collationBytes } from '../../tds/collation.ts';
import type { ResultColumn, SqlType, SqlValue } from '../../contract.ts';
import type { Parameter, Statement } from '../../tsql/ast.ts';
import { parseBatch, parseParameterDefinitions } from '../../tsql/parser.ts';
import { raise, unsupported } from '../bind/raise.ts';
import { Frame } from '../interpreter/frame.ts';
import type { Interpreter } from '../interpreter/interpreter.ts';
import type { PreparedStatement } from '../interpreter/sessionState.ts';
import { describeUndeclared } from './describeParameters.ts';
import { rename } from '../ddl/rename.ts';
import { ddlContext } from './definition.ts';
import type { Argument } from './execute.ts';
import { runText } from './execute.ts';
import { roleProcedures } from './roleProcedures.ts';
import { prepareSelect } from './select.ts';
import { describeType } from './typeDescription.ts';
import { parameterType, variableType } from './variables.ts';

type SystemProcedure = (
  interpreter: Interpreter,
  args: readonly Argument[],
  frame: Frame,
  line: number,
) => Promise<number>;

const nvarcharMax: SqlType = { name: 'nvarchar', length: -1 };

/** An argument by its name or position. */
function argument(args: readonly Argument[], name: string, position: number): Argument | undefined {
  return (
    args.find((candidate) => candidate.name?.toLowerCase() === name) ??
    (args[position]?.name === undefined || args[position].name === '' ? args[position] : undefined)
  );
}

async function text(
  interpreter: Interpreter,
  found: Argument | undefined,
  procedure: string,
  name: string,
  line: number,
): Promise<string> {
  if (found === undefined) {
    return raise(
      201,
      `Procedure or function '${procedure}' expects parameter '${name}', which was not supplied.`,
      line,
      16,
      4,
    );
  }
  if (
    found.type.name !== 'nvarchar' &&
    found.type.name !== 'ntext' &&
    found.type.name !== 'nchar' &&
    found.type.name !== 'sysname'
  ) {
    raise(214, `Procedure expects parameter '${name}' of type 'ntext/nchar/nvarchar'.`, line, 16, 2);
  }
  return (await interpreter.convertValue(found.value, found.type, nvarcharMax)) ?? '';
}

async function parametersOf(
  interpreter: Interpreter,
  definition: string,
): Promise<PreparedStatement['parameters']> {
  const parsed: Parameter[] = parseParameterDefinitions(definition);
  const result: PreparedStatement['parameters'] = [];
  for (const parameter of parsed) {
    const type = parameterType(
      parameter.type,
      parameter.name,
      parameter.type.system === undefined ? await interpreter.known() : undefined,
    );
    let fallback: string | null = null;
    if (parameter.default !== undefined) {
      fallback = (await interpreter.evaluate(parameter.default, new Frame('dynamic'), type)).value;
    }
    result.push({ name: parameter.name, type, output: parameter.output, default: fallback });
  }
  return result;
}

/** Runs parameterised text: sp_executesql and sp_execute. */
async function runParameterised(
  interpreter: Interpreter,
  prepared: PreparedStatement,
  args: readonly Argument[],
  parent: Frame,
  line: number,
): Promise<number> {
  const frame = new Frame('dynamic', parent);
  const bound = new Map<string, Argument>();
  for (const [i, given] of args.entries()) {
    const name = given.name === undefined || given.name === '' ? prepared.parameters[i]?.name : given.name;
    if (name === undefined)
      raise(8144, 'Procedure or function  has too many arguments specified.', line, 16, 2);
    if (!prepared.parameters.some((parameter) => parameter.name.toLowerCase() === name.toLowerCase())) {
      raise(8145, `${name} is not a parameter for procedure sp_executesql.`, line, 16, 1);
    }
    bound.set(name.toLowerCase(), given);
  }
  for (const parameter of prepared.parameters) {
    const given = bound.get(parameter.name.toLowerCase());
    if (given === undefined || given.useDefault) {
      if (given === undefined && parameter.default === null) {
        raise(
          8178,
          `The parameterized query '(${prepared.parameters.map((one) => `${one.name} ${describeType(one.type).name}`).join(',')})${prepared.text}' expects the parameter '${parameter.name}', which was not supplied.`,
          line,
          16,
          1,
        );
      }
      frame.declare(parameter.name, parameter.type, parameter.default);
      continue;
    }
    frame.declare(
      parameter.name,
      parameter.type,
      await interpreter.convertValue(given.value, given.type, parameter.type),
    );
  }
  frame.defaultSchema = parent.defaultSchema;
  await runText(interpreter, prepared.text, frame);
  for (const [name, given] of bound) {
    const variable = frame.get(name);
    if (given.output && variable !== undefined) await given.assign?.(variable.value, variable.type);
  }
  return interpreter.state.error;
}

async function prepare(interpreter: Interpreter, sql: string, definition: string): Promise<number> {
  // Syntax is checked when it is prepared, as the server does.
  parseBatch(sql, { quotedIdentifier: interpreter.state.options.quotedIdentifier });
  const parameters = await parametersOf(interpreter, definition);
  const handle = interpreter.state.nextHandle++;
  interpreter.state.prepared.set(handle, { text: sql, parameters });
  return handle;
}

function handleOf(args: readonly Argument[], name: string, line: number): number {
  const found = argument(args, name, 0);
  if (found === undefined)
    return raise(
      201,
      `Procedure or function expects parameter '${name}', which was not supplied.`,
      line,
      16,
      4,
    );
  return Number(found.value);
}

function sendRows(
  interpreter: Interpreter,
  columns: [string, SqlType, boolean?][],
  rows: SqlValue[][],
): void {
  interpreter.out.columns(
    columns.map(([name, type, nullable]): ResultColumn => ({ name, type, nullable: nullable ?? true })),
  );
  for (const row of rows) void interpreter.out.row(row);
  interpreter.state.rowCount = BigInt(rows.length);
  interpreter.done({ rowCount: rows.length, command: 0xc1 });
}

const sysname: SqlType = { name: 'nvarchar', length: 128 };
const int: SqlType = { name: 'int' };
const smallint: SqlType = { name: 'smallint' };
const tinyint: SqlType = { name: 'tinyint' };
const bit: SqlType = { name: 'bit' };
const nvarchar = (length: number): SqlType => ({ name: 'nvarchar', length });

async function describeFirst(
  interpreter: Interpreter,
  sql: string,
  definition: string,
  line: number,
): Promise<number> {
  const batch = parseBatch(sql);
  const frame = new Frame('dynamic');
  for (const parameter of await parametersOf(interpreter, definition))
    frame.declare(parameter.name, parameter.type);
  const select = firstSelect(batch.statements, frame);
  const columns: [string, SqlType, boolean?][] = [
    ['is_hidden', bit],
    ['column_ordinal', int],
    ['name', sysname],
    ['is_nullable', bit],
    ['system_type_id', int],
    ['system_type_name', nvarchar(256)],
    ['max_length', smallint],
    ['precision', tinyint],
    ['scale', tinyint],
    ['collation_name', sysname],
    ['user_type_id', int],
    ['user_type_database', sysname],
    ['user_type_schema', sysname],
    ['user_type_name', sysname],
    ['assembly_qualified_type_name', nvarchar(4000)],
    ['xml_collection_id', int],
    ['xml_collection_database', sysname],
    ['xml_collection_schema', sysname],
    ['xml_collection_name', sysname],
    ['is_xml_document', bit],
    ['is_case_sensitive', bit],
    ['is_fixed_length_clr_type', bit],
    ['source_server', sysname],
    ['source_database', sysname],
    ['source_schema', sysname],
    ['source_table', sysname],
    ['source_column', sysname],
    ['is_identity_column', bit],
    ['is_part_of_unique_key', bit],
    ['is_updateable', bit],
    ['is_computed_column', bit],
    ['is_sparse_column_set', bit],
    ['ordinal_in_order_by_list', smallint],
    ['order_by_list_length', smallint],
    ['order_by_is_descending', smallint],
    ['tds_type_id', int],
    ['tds_length', int],
    ['tds_collation_id', int],
    ['tds_collation_sort_id', tinyint],
  ];
  if (select === undefined || select.kind !== 'select') {
    sendRows(interpreter, columns, []);
    return 0;
  }
  void line;
  const prepared = await prepareSelect(interpreter, select, frame);
  await interpreter.authorize(prepared.binder.requirements, frame);
  const rows = prepared.query.columns.map((column, i): SqlValue[] => {
    const about = describeType(column.untypedNull === true ? int : column.type);
    const wire =
      about.collation === null
        ? undefined
        : new DataView(collationBytes(column.type.collation).slice().buffer);
    return [
      false,
      i + 1,
      column.name === '' ? null : column.name,
      column.nullable,
      about.id,
      about.name,
      about.maxLength,
      about.precision,
      about.scale,
      about.collation,
      null,
      null,
      null,
      null,
      null,
      null,
      null,
      null,
      null,
      false,
      false,
      false,
      null,
      null,
      null,
      null,
      null,
      column.identity === true,
      null,
      column.identity !== true && column.computed !== true,
      column.computed === true,
      false,
      null,
      null,
      null,
      about.tdsId,
      about.tdsLength,
      wire?.getInt32(0, true) ?? null,
      wire?.getUint8(4) ?? null,
    ];
  });
  sendRows(interpreter, columns, rows);
  return 0;
}

function firstSelect(statements: readonly Statement[], frame: Frame): Statement | undefined {
  for (const statement of statements) {
    if (statement.kind === 'declare') {
      for (const variable of statement.variables) {
        if (variable.kind === 'scalarVariable')
          frame.declare(variable.name, variableType(variable.type, variable.name));
      }
    }
    if (statement.kind === 'select') {
      const body = statement.query.body;
      const assigns =
        body.kind === 'selectBlock' &&
        (body.into !== undefined || body.items.some((item) => item.kind === 'assignment'));
      if (!assigns) return statement;
    }
    if (statement.kind === 'block') {
      const inner = firstSelect(statement.statements, frame);
      if (inner !== undefined) return inner;
    }
  }
  return undefined;
}

async function describeParameters(
  interpreter: Interpreter,
  sql: string,
  definition: string,
): Promise<number> {
  const declared = await parametersOf(interpreter, definition);
  const found = await describeUndeclared(interpreter, sql, declared);
  const columns: [string, SqlType, boolean?][] = [
    ['parameter_ordinal', int, false],
    ['name', sysname, false],
    ['suggested_system_type_id', int, false],
    ['suggested_system_type_name', nvarchar(256)],
    ['suggested_max_length', smallint, false],
    ['suggested_precision', tinyint, false],
    ['suggested_scale', tinyint, false],
    ['suggested_user_type_id', int],
    ['suggested_user_type_database', sysname],
    ['suggested_user_type_schema', sysname],
    ['suggested_user_type_name', sysname],
    ['suggested_assembly_qualified_type_name', nvarchar(4000)],
    ['suggested_xml_collection_id', int],
    ['suggested_xml_collection_database', sysname],
    ['suggested_xml_collection_schema', sysname],
    ['suggested_xml_collection_name', sysname],
    ['suggested_is_xml_document', bit, false],
    ['suggested_is_case_sensitive', bit, false],
    ['suggested_is_fixed_length_clr_type', bit, false],
    ['suggested_is_input', bit, false],
    ['suggested_is_output', bit, false],
    ['formal_parameter_name', sysname],
    ['suggested_tds_type_id', int, false],
    ['suggested_tds_length', int, false],
  ];
  sendRows(
    interpreter,
    columns,
    found.map(({ name, type }, i): SqlValue[] => {
      const about = describeType(type);
      return [
        i + 1,
        name,
        about.id,
        about.name,
        about.maxLength,
        about.precision,
        about.scale,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        false,
        false,
        false,
        true,
        false,
        null,
        about.tdsId,
        about.tdsLength,
      ];
    }),
  );
  return 0;
}

const refused =
  (name: string): SystemProcedure =>
  (_interpreter, _args, _frame, line) =>
    Promise.resolve(unsupported(name, line));

export const systemProcedures: Readonly<Record<string, SystemProcedure>> = {
  sp_executesql: async (interpreter, args, frame, line) => {
    const [statement, definition, ...rest] = args;
    const sql = await text(interpreter, statement, 'sp_executesql', '@statement', line);
    const parameters =
      definition === undefined || definition.value === null
        ? []
        : await parametersOf(
            interpreter,
            await text(interpreter, definition, 'sp_executesql', '@params', line),
          );
    return await runParameterised(interpreter, { text: sql, parameters }, rest, frame, line);
  },
  sp_prepare: async (interpreter, args, _frame, line) => {
    const definition =
      args[1]?.value === null || args[1] === undefined
        ? ''
        : await text(interpreter, args[1], 'sp_prepare', '@params', line);
    const sql = await text(interpreter, args[2], 'sp_prepare', '@stmt', line);
    const handle = await prepare(interpreter, sql, definition);
    await args[0]?.assign?.(String(handle), int);
    return 0;
  },
  sp_prepexec: async (interpreter, args, frame, line) => {
    const definition =
      args[1]?.value === null || args[1] === undefined
        ? ''
        : await text(interpreter, args[1], 'sp_prepexec', '@params', line);
    const sql = await text(interpreter, args[2], 'sp_prepexec', '@stmt', line);
    const handle = await prepare(interpreter, sql, definition);
    await args[0]?.assign?.(String(handle), int);
    const prepared = interpreter.state.prepared.get(handle);
    if (prepared === undefined) return 0;
    return await runParameterised(interpreter, prepared, args.slice(3), frame, line);
  },
  sp_execute: async (interpreter, args, frame, line) => {
    const handle = handleOf(args, '@handle', line);
    const prepared = interpreter.state.prepared.get(handle);
    if (prepared === undefined)
      raise(8179, `Could not find prepared statement with handle ${String(handle)}.`, line, 16, 2);
    return await runParameterised(interpreter, prepared, args.slice(1), frame, line);
  },
  sp_unprepare: async (interpreter, args, _frame, line) => {
    const handle = handleOf(args, '@handle', line);
    if (!interpreter.state.prepared.delete(handle)) {
      raise(8179, `Could not find prepared statement with handle ${String(handle)}.`, line, 16, 2);
    }
    return await Promise.resolve(0);
  },
  sp_describe_first_result_set: async (interpreter, args, _frame, line) => {
    const sql = await text(
      interpreter,
      argument(args, '@tsql', 0),
      'sp_describe_first_result_set',
      '@tsql',
      line,
    );
    const definition = argument(args, '@params', 1);
    return await describeFirst(interpreter, sql, definition?.value ?? '', line);
  },
  sp_describe_undeclared_parameters: async (interpreter, args, _frame, line) => {
    const sql = await text(
      interpreter,
      argument(args, '@tsql', 0),
      'sp_describe_undeclared_parameters',
      '@tsql',
      line,
    );
    const definition = argument(args, '@params', 1);
    return await describeParameters(interpreter, sql, definition?.value ?? '');
  },
  sp_reset_connection: async (interpreter) => {
    await interpreter.services.resetSession?.(interpreter);
    return 0;
  },
  sp_set_session_context: async (interpreter, args) => {
    const key = argument(args, '@key', 0);
    const value = argument(args, '@value', 1);
    const kept =
      value === undefined
        ? null
        : await interpreter.convertValue(value.value, value.type, { name: 'sql_variant' });
    interpreter.state.sessionContext.set((key?.value ?? '').toLowerCase(), kept);
    return 0;
  },
  sp_getapplock: async (interpreter, args) => {
    const resource = argument(args, '@resource', 0)?.value ?? '';
    const mode = (argument(args, '@lockmode', 1)?.value ?? '').toLowerCase();
    const owner = (argument(args, '@lockowner', 2)?.value ?? 'transaction').toLowerCase();
    const timeout = Number(argument(args, '@locktimeout', 3)?.value ?? -1);
    const shared = mode === 'shared' || mode === 'intentshared' ? '_shared' : '';
    if (owner === 'transaction' && interpreter.state.transactions === 0) return -999;
    const fn = `${timeout === 0 ? 'pg_try' : 'pg'}_advisory_${owner === 'session' ? '' : 'xact_'}lock${shared}`;
    const got = await interpreter.scalar(`SELECT ${fn}(hashtextextended($1, 7))`, [resource]);
    return got === 'f' ? -1 : 0;
  },
  sp_releaseapplock: async (interpreter, args) => {
    const resource = argument(args, '@resource', 0)?.value ?? '';
    const released = await interpreter.scalar('SELECT pg_advisory_unlock(hashtextextended($1, 7))', [
      resource,
    ]);
    return released === 't' ? 0 : -999;
  },
  sp_rename: async (interpreter, args, frame, line) => {
    const values: (string | null)[] = [];
    for (const [i, name] of ['@objname', '@newname', '@objtype'].entries()) {
      const found = argument(args, name, i);
      values.push(
        found === undefined ? null : await interpreter.convertValue(found.value, found.type, nvarcharMax),
      );
    }
    const [object, fresh, kind] = values;
    if (typeof object !== 'string' || typeof fresh !== 'string') {
      return raise(
        201,
        "Procedure or function 'sp_rename' expects parameter '@objname', which was not supplied.",
        line,
        16,
        4,
      );
    }
    interpreter.refuseWriteWhenDoomed();
    await rename(ddlContext(interpreter, frame), object, fresh, kind ?? null);
    interpreter.snapshot = undefined;
    interpreter.message(
      {
        number: 15477,
        state: 1,
        class: 0,
        message: 'Caution: Changing any part of an object name could break scripts and stored procedures.',
      },
      frame,
    );
    return 0;
  },
  ...roleProcedures,
  sp_cursoropen: refused('sp_cursoropen'),
  sp_cursorprepexec: refused('sp_cursorprepexec'),
  sp_cursorexecute: refused('sp_cursorexecute'),
  sp_cursorprepare: refused('sp_cursorprepare'),
  sp_cursorfetch: refused('sp_cursorfetch'),
  sp_cursorclose: refused('sp_cursorclose'),
  sp_cursor: refused('sp_cursor'),
};
