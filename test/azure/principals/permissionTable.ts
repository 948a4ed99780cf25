// Which permissions exist on what, and which permission covers which: sys.fn_builtin_permissions for databases, schemas, objects and principals.
// https://learn.microsoft.com/sql/relational-databases/system-functions/sys-fn-builtin-permissions-transact-sql; what covers what in a
// database: https://learn.microsoft.com/sql/t-sql/statements/grant-database-permissions-transact-sql

export type SecurableClass = 'database' | 'schema' | 'object' | 'principal';

/** What implies a permission: another one on the same securable, and one on its parent. */
interface Covering {
  /** Four-letter code of sys.database_permissions.type. */
  type: string;
  same?: string;
  parent?: string;
}

const createObject = (type: string): Covering => ({ type, same: 'ALTER' });
const alterAny = (type: string): Covering => ({ type, same: 'ALTER' });
const underControl = (type: string): Covering => ({ type, same: 'CONTROL' });
const inherited = (type: string, name: string): Covering => ({ type, same: 'CONTROL', parent: name });

const database: Record<string, Covering> = {
  CONTROL: { type: 'CL' },
  ALTER: underControl('AL'),
  'CONNECT REPLICATION': underControl('CORP'),
  CONNECT: { type: 'CO', same: 'CONNECT REPLICATION' },
  SELECT: underControl('SL'),
  INSERT: underControl('IN'),
  UPDATE: underControl('UP'),
  DELETE: underControl('DL'),
  EXECUTE: underControl('EX'),
  REFERENCES: underControl('RF'),
  'VIEW DEFINITION': underControl('VW'),
  'TAKE OWNERSHIP': underControl('TO'),
  'ADMINISTER DATABASE BULK OPERATIONS': underControl('DABO'),
  AUTHENTICATE: underControl('AUTH'),
  'BACKUP DATABASE': underControl('BADB'),
  'BACKUP LOG': underControl('BALO'),
  CHECKPOINT: underControl('CP'),
  'EXECUTE ANY EXTERNAL ENDPOINT': underControl('EAEE'),
  'EXECUTE ANY EXTERNAL SCRIPT': underControl('EAES'),
  'KILL DATABASE CONNECTION': underControl('KIDC'),
  SHOWPLAN: underControl('SPLN'),
  'SUBSCRIBE QUERY NOTIFICATIONS': underControl('SUQN'),
  UNMASK: underControl('UMSK'),
  'VIEW ANY COLUMN ENCRYPTION KEY DEFINITION': underControl('VWCK'),
  'VIEW ANY COLUMN MASTER KEY DEFINITION': underControl('VWCM'),
  'VIEW DATABASE STATE': underControl('VWDS'),
  'VIEW DATABASE PERFORMANCE STATE': { type: 'VDP', same: 'VIEW DATABASE STATE' },
  'VIEW DATABASE SECURITY STATE': { type: 'VDSS', same: 'VIEW DATABASE STATE' },
  'ALTER ANY DATABASE SCOPED CONFIGURATION': underControl('ALDC'),
  'ALTER ANY MASK': underControl('AAMK'),
  'ALTER ANY SECURITY POLICY': underControl('ALSP'),
  'ALTER ANY APPLICATION ROLE': alterAny('ALAR'),
  'ALTER ANY ASSEMBLY': alterAny('ALAS'),
  'ALTER ANY ASYMMETRIC KEY': alterAny('ALAK'),
  'ALTER ANY CERTIFICATE': alterAny('ALCF'),
  'ALTER ANY CONTRACT': alterAny('ALSC'),
  'ALTER ANY DATABASE AUDIT': alterAny('ALDA'),
  'ALTER ANY DATABASE DDL TRIGGER': alterAny('ALTG'),
  'ALTER ANY DATABASE EVENT NOTIFICATION': alterAny('ALED'),
  'ALTER ANY DATABASE EVENT SESSION': alterAny('AADS'),
  'ALTER ANY DATASPACE': alterAny('ALDS'),
  'ALTER ANY EXTERNAL DATA SOURCE': alterAny('AEDS'),
  'ALTER ANY EXTERNAL FILE FORMAT': alterAny('AEFF'),
  'ALTER ANY FULLTEXT CATALOG': alterAny('ALFT'),
  'ALTER ANY MESSAGE TYPE': alterAny('ALMT'),
  'ALTER ANY REMOTE SERVICE BINDING': alterAny('ALSB'),
  'ALTER ANY ROLE': alterAny('ALRL'),
  'ALTER ANY ROUTE': alterAny('ALRT'),
  'ALTER ANY SCHEMA': alterAny('ALSM'),
  'ALTER ANY SERVICE': alterAny('ALSV'),
  'ALTER ANY SYMMETRIC KEY': alterAny('ALSK'),
  'ALTER ANY USER': alterAny('ALUS'),
  'CREATE AGGREGATE': createObject('CRAG'),
  'CREATE DEFAULT': createObject('CRDF'),
  'CREATE FUNCTION': createObject('CRFN'),
  'CREATE PROCEDURE': createObject('CRPR'),
  'CREATE QUEUE': createObject('CRQU'),
  'CREATE RULE': createObject('CRRU'),
  'CREATE SYNONYM': createObject('CRSN'),
  'CREATE TABLE': createObject('CRTB'),
  'CREATE TYPE': createObject('CRTY'),
  'CREATE VIEW': createObject('CRVW'),
  'CREATE XML SCHEMA COLLECTION': createObject('CRXS'),
  'CREATE ASSEMBLY': { type: 'CRAS', same: 'ALTER ANY ASSEMBLY' },
  'CREATE ASYMMETRIC KEY': { type: 'CRAK', same: 'ALTER ANY ASYMMETRIC KEY' },
  'CREATE CERTIFICATE': { type: 'CRCF', same: 'ALTER ANY CERTIFICATE' },
  'CREATE CONTRACT': { type: 'CRSC', same: 'ALTER ANY CONTRACT' },
  'CREATE DATABASE DDL EVENT NOTIFICATION': { type: 'CRED', same: 'ALTER ANY DATABASE EVENT NOTIFICATION' },
  'CREATE FULLTEXT CATALOG': { type: 'CRFT', same: 'ALTER ANY FULLTEXT CATALOG' },
  'CREATE MESSAGE TYPE': { type: 'CRMT', same: 'ALTER ANY MESSAGE TYPE' },
  'CREATE REMOTE SERVICE BINDING': { type: 'CRSB', same: 'ALTER ANY REMOTE SERVICE BINDING' },
  'CREATE ROLE': { type: 'CRRL', same: 'ALTER ANY ROLE' },
  'CREATE ROUTE': { type: 'CRRT', same: 'ALTER ANY ROUTE' },
  'CREATE SCHEMA': { type: 'CRSM', same: 'ALTER ANY SCHEMA' },
  'CREATE SERVICE': { type: 'CRSV', same: 'ALTER ANY SERVICE' },
  'CREATE SYMMETRIC KEY': { type: 'CRSK', same: 'ALTER ANY SYMMETRIC KEY' },
  'CREATE USER': { type: 'CUSR', same: 'ALTER ANY USER' },
};

const schema: Record<string, Covering> = {
  CONTROL: { type: 'CL', parent: 'CONTROL' },
  ALTER: inherited('AL', 'ALTER ANY SCHEMA'),
  SELECT: inherited('SL', 'SELECT'),
  INSERT: inherited('IN', 'INSERT'),
  UPDATE: inherited('UP', 'UPDATE'),
  DELETE: inherited('DL', 'DELETE'),
  EXECUTE: inherited('EX', 'EXECUTE'),
  REFERENCES: inherited('RF', 'REFERENCES'),
  'VIEW DEFINITION': inherited('VW', 'VIEW DEFINITION'),
  'TAKE OWNERSHIP': inherited('TO', 'CONTROL'),
  'VIEW CHANGE TRACKING': inherited('VWCT', 'CONTROL'),
  'CREATE SEQUENCE': { type: 'CRSO', same: 'ALTER', parent: 'ALTER ANY SCHEMA' },
  UNMASK: inherited('UMSK', 'UNMASK'),
};

const object: Record<string, Covering> = {
  CONTROL: { type: 'CL', parent: 'CONTROL' },
  ALTER: inherited('AL', 'ALTER'),
  SELECT: inherited('SL', 'SELECT'),
  INSERT: inherited('IN', 'INSERT'),
  UPDATE: inherited('UP', 'UPDATE'),
  DELETE: inherited('DL', 'DELETE'),
  EXECUTE: inherited('EX', 'EXECUTE'),
  REFERENCES: inherited('RF', 'REFERENCES'),
  'VIEW DEFINITION': inherited('VW', 'VIEW DEFINITION'),
  'TAKE OWNERSHIP': inherited('TO', 'CONTROL'),
  'VIEW CHANGE TRACKING': inherited('VWCT', 'VIEW CHANGE TRACKING'),
  UNMASK: inherited('UMSK', 'UNMASK'),
};

// ALTER on a user comes from ALTER ANY USER, on a role from ALTER ANY ROLE: the caller of `covering` says which.
const principal: Record<string, Covering> = {
  CONTROL: { type: 'CL', parent: 'CONTROL' },
  ALTER: { type: 'AL', same: 'CONTROL' },
  IMPERSONATE: { type: 'IM', same: 'CONTROL', parent: 'CONTROL' },
  'VIEW DEFINITION': inherited('VW', 'VIEW DEFINITION'),
  'TAKE OWNERSHIP': inherited('TO', 'CONTROL'),
};

const tables: Record<SecurableClass, Record<string, Covering>> = { database, schema, object, principal };
const parents: Record<SecurableClass, SecurableClass | undefined> = {
  database: undefined,
  schema: 'database',
  object: 'schema',
  principal: 'database',
};

/** Numbers of sys.database_permissions.class. */
export const classNumber: Record<SecurableClass, number> = {
  database: 0,
  object: 1,
  schema: 3,
  principal: 4,
};

/** All permission names of a class, in no particular order. */
export function permissionNames(securable: SecurableClass): string[] {
  return Object.keys(tables[securable]);
}

/** On the server, so in master only: https://learn.microsoft.com/sql/t-sql/statements/grant-server-permissions-transact-sql */
export const serverPermissions: ReadonlySet<string> = new Set([
  'ADMINISTER BULK OPERATIONS',
  'ALTER ANY CONNECTION',
  'ALTER ANY DATABASE',
  'ALTER ANY LOGIN',
  'ALTER SERVER STATE',
  'AUTHENTICATE SERVER',
  'CONNECT ANY DATABASE',
  'CONNECT SQL',
  'CONTROL SERVER',
  'CREATE ANY DATABASE',
  'IMPERSONATE ANY LOGIN',
  'SELECT ALL USER SECURABLES',
  'VIEW ANY DATABASE',
  'VIEW ANY DEFINITION',
  'VIEW SERVER PERFORMANCE STATE',
  'VIEW SERVER SECURITY STATE',
  'VIEW SERVER STATE',
]);

const onEveryObject = ['CONTROL', 'TAKE OWNERSHIP', 'VIEW DEFINITION'];
const onRows = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'REFERENCES', 'ALTER', ...onEveryObject];
const onTables = [...onRows, 'VIEW CHANGE TRACKING', 'UNMASK'];

/** By sys.objects.type: https://learn.microsoft.com/sql/t-sql/statements/grant-object-permissions-transact-sql */
const applicable: Record<string, readonly string[]> = {
  U: onTables,
  V: onTables,
  S: onTables,
  IF: onRows,
  TF: onRows,
  P: ['EXECUTE', 'ALTER', ...onEveryObject],
  FN: ['EXECUTE', 'REFERENCES', 'ALTER', ...onEveryObject],
  SO: ['UPDATE', 'REFERENCES', 'ALTER', ...onEveryObject],
  SN: ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'EXECUTE', ...onEveryObject],
};

/** What may be granted on an object of that type. */
export function applicablePermissions(type: string): readonly string[] {
  return applicable[type] ?? onEveryObject;
}

/** The type code of a permission that exists on the class; undefined otherwise. */
export function permissionType(securable: SecurableClass, permission: string): string | undefined {
  return tables[securable][permission]?.type;
}

/** Type codes of all permissions by name: the same name has the same code on every class. */
export function permissionTypes(): Record<string, string> {
  const all = Object.values(tables).flatMap((table) => Object.entries(table));
  return Object.fromEntries(all.map(([name, { type }]) => [name, type]));
}

/** Which ALTER ANY … of the database covers ALTER on a principal. */
export type PrincipalKind = 'user' | 'role';

/** The permission itself and everything that covers it, up to the database. */
export function covering(
  securable: SecurableClass,
  permission: string,
  kind: PrincipalKind = 'user',
): { class: SecurableClass; permission: string }[] {
  const found = new Map<string, { class: SecurableClass; permission: string }>();
  const visit = (level: SecurableClass, name: string): void => {
    const key = `${level} ${name}`;
    if (found.has(key)) return;
    found.set(key, { class: level, permission: name });
    const rule = tables[level][name];
    const parent = parents[level];
    if (rule?.same !== undefined) visit(level, rule.same);
    if (rule?.parent !== undefined && parent !== undefined) visit(parent, rule.parent);
    if (level === 'principal' && name === 'ALTER')
      visit('database', kind === 'user' ? 'ALTER ANY USER' : 'ALTER ANY ROLE');
  };
  visit(securable, permission);
  return [...found.values()];
}

/** What the fixed roles may (and may not) do at database level. https://learn.microsoft.com/sql/relational-databases/security/authentication-access/database-level-roles */
export const fixedRolePermissions: Record<string, { grant: string[]; deny: string[] }> = {
  db_owner: { grant: ['CONTROL'], deny: [] },
  db_accessadmin: { grant: ['ALTER ANY USER', 'CONNECT', 'CREATE SCHEMA'], deny: [] },
  db_securityadmin: {
    grant: ['ALTER ANY APPLICATION ROLE', 'ALTER ANY ROLE', 'CREATE SCHEMA', 'VIEW DEFINITION'],
    deny: [],
  },
  db_ddladmin: {
    grant: [
      'ALTER ANY ASSEMBLY',
      'ALTER ANY ASYMMETRIC KEY',
      'ALTER ANY CERTIFICATE',
      'ALTER ANY CONTRACT',
      'ALTER ANY DATABASE DDL TRIGGER',
      'ALTER ANY DATABASE EVENT NOTIFICATION',
      'ALTER ANY DATASPACE',
      'ALTER ANY FULLTEXT CATALOG',
      'ALTER ANY MESSAGE TYPE',
      'ALTER ANY REMOTE SERVICE BINDING',
      'ALTER ANY ROUTE',
      'ALTER ANY SCHEMA',
      'ALTER ANY SERVICE',
      'ALTER ANY SYMMETRIC KEY',
      'CHECKPOINT',
      'CREATE AGGREGATE',
      'CREATE ASSEMBLY',
      'CREATE CONTRACT',
      'CREATE DEFAULT',
      'CREATE FUNCTION',
      'CREATE MESSAGE TYPE',
      'CREATE PROCEDURE',
      'CREATE QUEUE',
      'CREATE REMOTE SERVICE BINDING',
      'CREATE ROUTE',
      'CREATE RULE',
      'CREATE SCHEMA',
      'CREATE SERVICE',
      'CREATE SYMMETRIC KEY',
      'CREATE SYNONYM',
      'CREATE TABLE',
      'CREATE TYPE',
      'CREATE VIEW',
      'CREATE XML SCHEMA COLLECTION',
      'REFERENCES',
    ],
    deny: [],
  },
  db_backupoperator: { grant: ['BACKUP DATABASE', 'BACKUP LOG', 'CHECKPOINT'], deny: [] },
  db_datareader: { grant: ['SELECT'], deny: [] },
  db_datawriter: { grant: ['INSERT', 'UPDATE', 'DELETE'], deny: [] },
  db_denydatareader: { grant: [], deny: ['SELECT'] },
  db_denydatawriter: { grant: [], deny: ['INSERT', 'UPDATE', 'DELETE'] },
};
