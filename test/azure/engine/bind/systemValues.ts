// @@ values and functions without parentheses: all are session state, given as parameters when the statement runs.
import type { SqlType } from '../../contract.ts';
import type { GlobalVariable, Niladic } from '../../tsql/ast.ts';
import type { Binder } from './binder.ts';
import type { Bound } from './bound.ts';
import { int, nvarchar } from './literals.ts';
import { raise } from './raise.ts';

const tinyint: SqlType = { name: 'tinyint' };
const smallint: SqlType = { name: 'smallint' };

const globals: Readonly<Record<string, SqlType>> = {
  '@@ROWCOUNT': int,
  '@@ERROR': int,
  '@@TRANCOUNT': int,
  '@@SPID': smallint,
  '@@VERSION': nvarchar(300),
  '@@SERVERNAME': nvarchar(128),
  '@@SERVICENAME': nvarchar(128),
  '@@LANGUAGE': nvarchar(128),
  '@@LANGID': smallint,
  '@@OPTIONS': int,
  '@@NESTLEVEL': int,
  '@@PROCID': int,
  '@@FETCH_STATUS': int,
  '@@CURSOR_ROWS': int,
  '@@MAX_PRECISION': tinyint,
  '@@MAX_CONNECTIONS': int,
  '@@DATEFIRST': tinyint,
  '@@LOCK_TIMEOUT': int,
  '@@TEXTSIZE': int,
  '@@MICROSOFTVERSION': int,
  '@@IDENTITY': { name: 'numeric', precision: 38, scale: 0 },
  '@@DBTS': { name: 'varbinary', length: 8 },
};

/** @throws SqlError 137 for an unknown name, as for a variable. */
export function bindGlobal(binder: Binder, node: GlobalVariable): Bound {
  const type = globals[node.name];
  if (type === undefined)
    return raise(137, `Must declare the scalar variable "${node.name}".`, node.line, 15, 2);
  return binder.session(node.name, type, ['@@IDENTITY', '@@PROCID'].includes(node.name));
}

export function bindNiladic(binder: Binder, node: Niladic): Bound {
  switch (node.name) {
    case 'CURRENT_TIMESTAMP':
      return binder.session('GETDATE', { name: 'datetime' }, false);
    case 'CURRENT_DATE':
      return binder.session('CURRENT_DATE', { name: 'date' }, false);
    case 'SYSTEM_USER':
      return binder.session('LOGIN_NAME', nvarchar(128), false);
    case 'CURRENT_USER':
    case 'SESSION_USER':
    case 'USER':
      return binder.session('USER_NAME', nvarchar(128), true);
  }
}
