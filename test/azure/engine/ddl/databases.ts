// CREATE and ALTER DATABASE. Of their options only those are taken that say what every database here is anyway, or that no answer shows.
import type { AlterDatabase, CreateDatabase } from '../../tsql/ast.ts';
import { sqlError } from '../errors.ts';
import type { DdlContext } from './context.ts';
import { sameName } from './context.ts';

/** By option, in upper case. What sys.databases and its like tell of every database is in `system/serverViews.ts`. */
type Accepted = Readonly<Record<string, readonly string[]>>;

const collation = 'SQL_Latin1_General_CP1_CI_AS';

const createOptions: Accepted = {
  EDITION: ['GENERALPURPOSE'],
  SERVICE_OBJECTIVE: ['GP_S_GEN5_1'],
  CATALOG_COLLATION: ['DATABASE_DEFAULT', collation.toUpperCase()],
  // There are no backups to keep anywhere.
  BACKUP_STORAGE_REDUNDANCY: ['LOCAL', 'ZONE', 'GEO', 'GEOZONE'],
};

const switches = ['ON', 'OFF'];

const setOptions: Accepted = {
  READ_COMMITTED_SNAPSHOT: ['ON'],
  ALLOW_SNAPSHOT_ISOLATION: ['ON'],
  COMPATIBILITY_LEVEL: ['160'],
  MULTI_USER: [''],
  READ_WRITE: [''],
  RECURSIVE_TRIGGERS: ['OFF'],
  CURSOR_DEFAULT: ['GLOBAL'],
  TEMPORAL_HISTORY_RETENTION: ['ON'],
  AUTO_SHRINK: ['OFF'],
  QUERY_STORE: ['OFF'],
  ENCRYPTION: ['OFF'],
  // Plans, and what a crash of a server that forgets everything would leave.
  AUTO_CREATE_STATISTICS: switches,
  AUTO_UPDATE_STATISTICS: switches,
  AUTO_UPDATE_STATISTICS_ASYNC: switches,
  DATE_CORRELATION_OPTIMIZATION: switches,
  PARAMETERIZATION: ['SIMPLE', 'FORCED'],
  DELAYED_DURABILITY: ['DISABLED', 'ALLOWED', 'FORCED'],
};

/** As sys.database_scoped_configurations tells them; the last is how truncation is told here. */
const scopedConfigurations: Accepted = {
  MAXDOP: ['8'],
  LEGACY_CARDINALITY_ESTIMATION: ['OFF'],
  VERBOSE_TRUNCATION_WARNINGS: ['ON'],
};

/** @throws SqlError 40517 */
function accept(options: readonly { name: string; value: string }[], accepted: Accepted, line: number): void {
  for (const { name, value } of options) {
    const values = Object.hasOwn(accepted, name) ? accepted[name] : undefined;
    if (values?.includes(value.toUpperCase()) !== true)
      throw sqlError(40517, [value === '' ? name : `${name} = ${value}`], { line });
  }
}

/** @throws SqlError 226 (in a transaction), 1801, 262, 40517. Only from master, as on Azure. */
export async function createDatabase(node: CreateDatabase, context: DdlContext): Promise<void> {
  const { line } = node;
  if (node.copyOf !== undefined) throw sqlError(40517, ['AS COPY OF'], { line });
  if (node.collation !== undefined && !sameName(node.collation, collation))
    throw sqlError(40517, [`COLLATE ${node.collation}`], { line });
  accept(node.options, createOptions, line);
  await context.check('CREATE DATABASE', { class: 'database' });
  await context.cluster.createDatabase(node.name.name);
}

/** WITH ROLLBACK IMMEDIATE has nobody to throw out: no option that is taken changes anything. @throws SqlError 5011, 1801, 40517. */
export async function alterDatabase(node: AlterDatabase, context: DdlContext): Promise<void> {
  const { line, action } = node;
  const name = node.name?.name ?? context.database;
  if (context.cluster.database(name) === undefined) throw sqlError(5011, [name], { line });
  await context.check('ALTER', { class: 'database' });
  switch (action.kind) {
    case 'rename':
      await context.cluster.renameDatabase(name, action.to.name);
      return;
    case 'collate':
      throw sqlError(40517, ['COLLATE'], { line });
    case 'modify':
      accept(action.options, createOptions, line);
      return;
    case 'set':
      accept(action.options, setOptions, line);
      return;
    case 'scopedConfiguration':
      accept([action], scopedConfigurations, line);
  }
}
