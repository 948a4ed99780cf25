// sp_describe_first_result_set and sp_describe_undeclared_parameters: the types of what a text answers and takes, without running it.
import type { SqlType, SqlValue } from '../../contract.ts';
import { collationBytes } from '../../tds/collation.ts';
import type { SelectStatement, Statement } from '../../tsql/ast.ts';
import { parseBatch } from '../../tsql/parser.ts';
import { bit, int, nvarchar } from '../bind/literals.ts';
import type { OutputColumn } from '../bind/boundQuery.ts';
import { Frame } from '../interpreter/frame.ts';
import type { Interpreter } from '../interpreter/interpreter.ts';
import { describeUndeclared } from './describeParameters.ts';
import { parametersOf } from './parameterDefinitions.ts';
import { argument, unicodeText } from './procedureArguments.ts';
import type { SystemProcedure } from './procedureArguments.ts';
import { prepareSelect } from './select.ts';
import { describeType } from './typeDescription.ts';
import type { TypeDescription } from './typeDescription.ts';
import { variableType } from './variables.ts';

/** A column of the answer, and what it says about one subject. */
type Described<T> = readonly [
  name: string,
  type: SqlType,
  value: (subject: T) => SqlValue,
  required?: 'not null',
];

const sysname = nvarchar(128);
const smallint: SqlType = { name: 'smallint' };
const tinyint: SqlType = { name: 'tinyint' };
const unknown = (): null => null;
const yes = (): boolean => true;
const no = (): boolean => false;

interface ResultSetColumn {
  ordinal: number;
  column: OutputColumn;
  about: TypeDescription;
  /** The collation's bytes in the stream, of a column of text. */
  wire: DataView | undefined;
}

const resultSetColumns: readonly Described<ResultSetColumn>[] = [
  ['is_hidden', bit, no],
  ['column_ordinal', int, ({ ordinal }) => ordinal],
  ['name', sysname, ({ column }) => (column.name === '' ? null : column.name)],
  ['is_nullable', bit, ({ column }) => column.nullable],
  ['system_type_id', int, ({ about }) => about.id],
  ['system_type_name', nvarchar(256), ({ about }) => about.name],
  ['max_length', smallint, ({ about }) => about.maxLength],
  ['precision', tinyint, ({ about }) => about.precision],
  ['scale', tinyint, ({ about }) => about.scale],
  ['collation_name', sysname, ({ about }) => about.collation],
  ['user_type_id', int, unknown],
  ['user_type_database', sysname, unknown],
  ['user_type_schema', sysname, unknown],
  ['user_type_name', sysname, unknown],
  ['assembly_qualified_type_name', nvarchar(4000), unknown],
  ['xml_collection_id', int, unknown],
  ['xml_collection_database', sysname, unknown],
  ['xml_collection_schema', sysname, unknown],
  ['xml_collection_name', sysname, unknown],
  ['is_xml_document', bit, no],
  ['is_case_sensitive', bit, no],
  ['is_fixed_length_clr_type', bit, no],
  ['source_server', sysname, unknown],
  ['source_database', sysname, unknown],
  ['source_schema', sysname, unknown],
  ['source_table', sysname, unknown],
  ['source_column', sysname, unknown],
  ['is_identity_column', bit, ({ column }) => column.identity === true],
  ['is_part_of_unique_key', bit, unknown],
  ['is_updateable', bit, ({ column }) => column.identity !== true && column.computed !== true],
  ['is_computed_column', bit, ({ column }) => column.computed === true],
  ['is_sparse_column_set', bit, no],
  ['ordinal_in_order_by_list', smallint, unknown],
  ['order_by_list_length', smallint, unknown],
  ['order_by_is_descending', smallint, unknown],
  ['tds_type_id', int, ({ about }) => about.tdsId],
  ['tds_length', int, ({ about }) => about.tdsLength],
  ['tds_collation_id', int, ({ wire }) => wire?.getInt32(0, true) ?? null],
  ['tds_collation_sort_id', tinyint, ({ wire }) => wire?.getUint8(4) ?? null],
];

interface UndeclaredParameter {
  ordinal: number;
  name: string;
  about: TypeDescription;
}

const undeclaredParameters: readonly Described<UndeclaredParameter>[] = [
  ['parameter_ordinal', int, ({ ordinal }) => ordinal, 'not null'],
  ['name', sysname, ({ name }) => name, 'not null'],
  ['suggested_system_type_id', int, ({ about }) => about.id, 'not null'],
  ['suggested_system_type_name', nvarchar(256), ({ about }) => about.name],
  ['suggested_max_length', smallint, ({ about }) => about.maxLength, 'not null'],
  ['suggested_precision', tinyint, ({ about }) => about.precision, 'not null'],
  ['suggested_scale', tinyint, ({ about }) => about.scale, 'not null'],
  ['suggested_user_type_id', int, unknown],
  ['suggested_user_type_database', sysname, unknown],
  ['suggested_user_type_schema', sysname, unknown],
  ['suggested_user_type_name', sysname, unknown],
  ['suggested_assembly_qualified_type_name', nvarchar(4000), unknown],
  ['suggested_xml_collection_id', int, unknown],
  ['suggested_xml_collection_database', sysname, unknown],
  ['suggested_xml_collection_schema', sysname, unknown],
  ['suggested_xml_collection_name', sysname, unknown],
  ['suggested_is_xml_document', bit, no, 'not null'],
  ['suggested_is_case_sensitive', bit, no, 'not null'],
  ['suggested_is_fixed_length_clr_type', bit, no, 'not null'],
  ['suggested_is_input', bit, yes, 'not null'],
  ['suggested_is_output', bit, no, 'not null'],
  ['formal_parameter_name', sysname, unknown],
  ['suggested_tds_type_id', int, ({ about }) => about.tdsId, 'not null'],
  ['suggested_tds_length', int, ({ about }) => about.tdsLength, 'not null'],
];

export const describingProcedures: Readonly<Record<string, SystemProcedure>> = {
  sp_describe_first_result_set: async (interpreter, args, _frame, line) => {
    const tsql = argument(args, '@tsql', 0);
    const sql = await unicodeText(interpreter, tsql, 'sp_describe_first_result_set', '@tsql', line);
    const definition = argument(args, '@params', 1)?.value ?? '';
    sendDescription(interpreter, resultSetColumns, await firstResultSet(interpreter, sql, definition));
    return 0;
  },
  sp_describe_undeclared_parameters: async (interpreter, args, _frame, line) => {
    const tsql = argument(args, '@tsql', 0);
    const sql = await unicodeText(interpreter, tsql, 'sp_describe_undeclared_parameters', '@tsql', line);
    const declared = await parametersOf(interpreter, argument(args, '@params', 1)?.value ?? '');
    const found = await describeUndeclared(interpreter, sql, declared);
    sendDescription(
      interpreter,
      undeclaredParameters,
      found.map(({ name, type }, i) => ({ ordinal: i + 1, name, about: describeType(type) })),
    );
    return 0;
  },
};

function sendDescription<T>(
  interpreter: Interpreter,
  columns: readonly Described<T>[],
  subjects: readonly T[],
): void {
  interpreter.out.columns(
    columns.map(([name, type, , required]) => ({ name, type, nullable: required === undefined })),
  );
  for (const subject of subjects) void interpreter.out.row(columns.map(([, , value]) => value(subject)));
  interpreter.state.rowCount = BigInt(subjects.length);
  interpreter.done({ rowCount: subjects.length, command: 0xc1 });
}

async function firstResultSet(
  interpreter: Interpreter,
  sql: string,
  definition: string,
): Promise<ResultSetColumn[]> {
  const batch = parseBatch(sql);
  const frame = new Frame('dynamic');
  for (const parameter of await parametersOf(interpreter, definition))
    frame.declare(parameter.name, parameter.type);
  const select = firstSelect(batch.statements, frame);
  if (select === undefined) return [];
  const prepared = await prepareSelect(interpreter, select, frame);
  await interpreter.authorize(prepared.binder.requirements, frame);
  return prepared.query.columns.map((column, i) => {
    const about = describeType(column.untypedNull === true ? int : column.type);
    const wire =
      about.collation === null
        ? undefined
        : new DataView(collationBytes(column.type.collation).slice().buffer);
    return { ordinal: i + 1, column, about, wire };
  });
}

function firstSelect(statements: readonly Statement[], frame: Frame): SelectStatement | undefined {
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
