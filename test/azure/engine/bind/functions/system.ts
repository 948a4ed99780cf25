// Functions about values, the session, errors, identities and principals; those about the catalog come from the lower half.
import type { SqlType } from '../../../contract.ts';
import { catalogFunctions, principalFunctions, type CatalogFunction } from '../../system/functions.ts';
import type { Bound } from '../bound.ts';
import { unify } from '../conversions.ts';
import { bigint, int, nvarchar } from '../literals.ts';
import { catalogAsWhole } from '../ports.ts';
import { compareSql } from '../predicates.ts';
import { raise, unsupported } from '../raise.ts';
import { familyOf, isCharacter, isNumeric } from '../sqlTypes.ts';
import type { Call, FunctionEntry, FunctionTable } from './call.ts';
import { entry, principalAnswer } from './call.ts';

const session = (name: string, type: SqlType): FunctionEntry =>
  entry(0, 0, (call) => call.binder.session(name, type));

/** A function that the principals answer: its arguments must be known before the statement runs, unless `ofRow` reads them of each row. */
function principal(
  name: string,
  min: number,
  max: number,
  type: SqlType,
  ofRow?: CatalogFunction,
): FunctionEntry {
  return entry(min, max, (call) => {
    const answer = principalAnswer(call.binder, name, call.args, type);
    if (answer !== undefined) return call.result(answer, type, true);
    return ofRow === undefined
      ? unsupported(`${call.name} over a column`, call.line)
      : catalogCall(ofRow)(call);
  });
}

function coalesce(call: Call): Bound {
  if (call.args.every((argument) => argument.untypedNull === true)) {
    raise(
      4127,
      'At least one of the arguments to COALESCE must be an expression that is not the NULL constant.',
      call.line,
    );
  }
  const { type, values } = unify(call.binder, call.args, call.line);
  return call.result(
    `coalesce(${values.map((value) => value.sql).join(', ')})`,
    type,
    call.args.every((argument) => argument.nullable),
  );
}

const catalogCall =
  (found: CatalogFunction) =>
  (call: Call): Bound => {
    call.binder.require('SELECT', catalogAsWhole);
    const args = call.args.map((argument, i) => {
      const type = found.args[i] ?? nvarchar(4000);
      return call.binder.convert(argument, type, call.line).sql;
    });
    return call.result(found.sql(args), found.type, true);
  };

/** Catalog functions (OBJECT_ID, DB_NAME, COL_LENGTH …): PostgreSQL functions of the lower half. */
const fromCatalog: FunctionTable = Object.fromEntries(
  Object.entries(catalogFunctions).map(([name, found]) => [
    name,
    entry(found.min, found.max, catalogCall(found)),
  ]),
);

export const systemFunctions: FunctionTable = {
  ...fromCatalog,
  ISNULL: entry(2, 2, (call) => {
    const first = call.arg(0);
    const second = call.arg(1);
    if (first.untypedNull === true && second.untypedNull === true) return call.result('NULL::int', int, true);
    if (first.untypedNull === true) {
      const value = first.undeclared === undefined ? second : second;
      if (first.undeclared !== undefined) call.binder.infer(first, second.type);
      return call.result(value.sql, value.type, second.nullable);
    }
    const replacement = call.binder.convert(second, first.type, call.line);
    return call.result(
      `coalesce(${first.sql}, ${replacement.sql})`,
      first.type,
      first.nullable && second.nullable,
    );
  }),
  COALESCE: entry(2, 254, coalesce),
  NULLIF: entry(2, 2, (call) => {
    const first = call.arg(0);
    if (first.untypedNull === true) {
      raise(
        4151,
        'The type of the first argument to NULLIF cannot be the NULL constant because the type of the first argument has to be known.',
        call.line,
      );
    }
    const type = first.type;
    return call.result(
      `(CASE WHEN ${compareSql(call.binder, '=', first, call.arg(1), call.line)} THEN NULL ELSE ${first.sql} END)`,
      type,
      true,
    );
  }),
  CHOOSE: entry(2, 254, (call) => {
    const { type, values } = unify(call.binder, call.args.slice(1), call.line);
    const index = call.integer(0);
    return call.result(
      `(CASE ${index} ${values.map((value, i) => `WHEN ${String(i + 1)} THEN ${value.sql}`).join(' ')} END)`,
      type,
      true,
    );
  }),
  GREATEST: entry(1, 254, (call) => extreme(call, 'greatest')),
  LEAST: entry(1, 254, (call) => extreme(call, 'least')),
  NEWID: entry(0, 0, (call) => call.result('gen_random_uuid()', { name: 'uniqueidentifier' }, false)),
  NEWSEQUENTIALID: entry(0, 0, (call) => call.result('uuidv7()', { name: 'uniqueidentifier' }, false)),
  ISNUMERIC: entry(1, 1, (call) => {
    const bound = call.arg(0);
    if (bound.untypedNull === true) return call.result('0', int, false);
    if (isNumeric(bound.type))
      return call.result(`(CASE WHEN ${bound.sql} IS NULL THEN 0 ELSE 1 END)`, int, false);
    if (!isCharacter(bound.type)) return call.result('0', int, false);
    const text = `(btrim((${bound.sql})::text, E' \\t\\r\\n') COLLATE "C")`;
    return call.result(
      `(CASE WHEN ${text} ~ '^[-+]?[$]?[-+]?([0-9][0-9,]*[.]?[0-9]*|[.][0-9]+)([eEdD][-+]?[0-9]+)?$' OR ${text} ~ '^[-+.,$]$' THEN 1 ELSE 0 END)`,
      int,
      false,
    );
  }),
  ROWCOUNT_BIG: session('@@ROWCOUNT', bigint),
  SCOPE_IDENTITY: session('SCOPE_IDENTITY', { name: 'numeric', precision: 38, scale: 0 }),
  XACT_STATE: session('XACT_STATE', { name: 'smallint' }),
  ERROR_NUMBER: session('ERROR_NUMBER', int),
  ERROR_SEVERITY: session('ERROR_SEVERITY', int),
  ERROR_STATE: session('ERROR_STATE', int),
  ERROR_LINE: session('ERROR_LINE', int),
  ERROR_MESSAGE: session('ERROR_MESSAGE', nvarchar(4000)),
  ERROR_PROCEDURE: session('ERROR_PROCEDURE', nvarchar(128)),
  ORIGINAL_LOGIN: session('ORIGINAL_LOGIN', nvarchar(128)),
  APP_NAME: session('APP_NAME', nvarchar(128)),
  PROGRAM_NAME: session('APP_NAME', nvarchar(128)),
  HOST_NAME: session('HOST_NAME', nvarchar(128)),
  HOST_ID: session('HOST_ID', { name: 'char', length: 10 }),
  CURRENT_TRANSACTION_ID: session('TRANSACTION_ID', bigint),
  CONTEXT_INFO: session('CONTEXT_INFO', { name: 'varbinary', length: 128 }),
  GETANSINULL: entry(0, 1, (call) => call.result('1', { name: 'smallint' }, false)),
  TRIGGER_NESTLEVEL: session('TRIGGER_NESTLEVEL', int),
  SESSION_CONTEXT: entry(1, 1, (call) => {
    const key = call.arg(0).literal;
    if (typeof key !== 'string') return unsupported('SESSION_CONTEXT with a computed key', call.line);
    return call.binder.session(`SESSION_CONTEXT:${key.toLowerCase()}`, { name: 'sql_variant' });
  }),
  CONNECTIONPROPERTY: entry(1, 1, (call) => {
    const key = call.arg(0).literal;
    return call.binder.session(`CONNECTIONPROPERTY:${String(key).toLowerCase()}`, { name: 'sql_variant' });
  }),
  FORMATMESSAGE: entry(1, 21, (call) => unsupported(call.name, call.line)),
  USER_NAME: principal('user_name', 0, 1, nvarchar(128), principalFunctions.userName),
  USER_ID: principal('user_id', 0, 1, int, principalFunctions.userId),
  DATABASE_PRINCIPAL_ID: principal('database_principal_id', 0, 1, int, principalFunctions.userId),
  SUSER_SNAME: principal('suser_sname', 0, 1, nvarchar(128)),
  SUSER_NAME: principal('suser_sname', 0, 1, nvarchar(128)),
  SUSER_SID: principal('suser_sid', 0, 2, { name: 'varbinary', length: 85 }),
  SUSER_ID: principal('suser_id', 0, 1, int),
  IS_MEMBER: principal('is_member', 1, 1, int),
  IS_ROLEMEMBER: principal('is_rolemember', 1, 2, int),
  IS_SRVROLEMEMBER: principal('is_srvrolemember', 1, 2, int),
  HAS_PERMS_BY_NAME: principal('has_perms_by_name', 3, 5, int),
  HAS_DBACCESS: principal('has_dbaccess', 1, 1, int),
};

function extreme(call: Call, name: string): Bound {
  const { type, values } = unify(call.binder, call.args, call.line);
  const keyed = values.map((value) =>
    isCharacter(type) ? call.binder.storage.sortable(value.sql, type) : value.sql,
  );
  if (familyOf(type) === 'lob') return unsupported(`${name} of ${type.name}`, call.line);
  return call.result(
    `${name}(${keyed.join(', ')})`,
    type,
    call.args.every((argument) => argument.nullable),
  );
}
