// sys.fn_my_permissions: a table that the principals answer as JSON, once for the statement.
import type { SqlType } from '../../contract.ts';
import type { Binder } from './binder.ts';
import type { Bound } from './bound.ts';
import { principalAnswer } from './functions/call.ts';
import { nvarchar } from './literals.ts';
import { raise, unsupported } from './raise.ts';

/** https://learn.microsoft.com/sql/relational-databases/system-functions/sys-fn-my-permissions-transact-sql */
const columns: [string, SqlType, boolean][] = [
  ['entity_name', { name: 'sysname' }, false],
  ['subentity_name', { name: 'sysname' }, false],
  ['permission_name', nvarchar(60), false],
];

/** `parts` as written; undefined when they name another function. @throws SqlError 313, 8144 */
export function bindMyPermissions(
  binder: Binder,
  parts: readonly string[],
  args: readonly Bound[],
  line: number,
): { sql: string; columns: [string, SqlType, boolean][] } | undefined {
  const name = parts.at(-1)?.toLowerCase();
  if (name !== 'fn_my_permissions') return undefined;
  if (parts.length > 1 && parts.at(-2)?.toLowerCase() !== 'sys') return undefined;
  if (args.length < 2)
    raise(
      313,
      `An insufficient number of arguments were supplied for the procedure or function ${name}.`,
      line,
    );
  if (args.length > 2)
    raise(8144, `Procedure or function ${name} has too many arguments specified.`, line, 16, 2);
  const json =
    principalAnswer(binder, name, args, nvarchar(-1)) ?? unsupported(`${name} over a column`, line);
  const values = columns.map(
    ([column, type], i) => `(r ->> ${String(i)})::${binder.storage.pgType(type)} AS "${column}"`,
  );
  return {
    sql: `SELECT ${values.join(', ')} FROM json_array_elements((${json})::text::json) AS x(r)`,
    columns,
  };
}
