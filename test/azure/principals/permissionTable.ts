// Which permissions exist on what, and which permission covers which: sys.fn_builtin_permissions for databases, schemas, objects and principals.
// https://learn.microsoft.com/sql/relational-databases/system-functions/sys-fn-builtin-permissions-transact-sql

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
  CONNECT: underControl('CO'),
  SELECT: underControl('SL'),
  INSERT: underControl('IN'),
  UPDATE: underControl('UP'),
  DELETE: underControl('DL'),
  EXECUTE: underControl('EX'),
  REFERENCES: underControl('RF'),
  'VIEW DEFINITION': underControl('VW'),
  'TAKE OWNERSHIP': underControl('TO'),
  AUTHENTICATE: underControl('AUTH'),
  'BACKUP DATABASE': underControl('BADB'),
  'BACKUP LOG': underControl('BALO'),
  CHECKPOINT: underControl('CP'),
  SHOWPLAN: underControl('SPLN'),
  'SUBSCRIBE QUERY NOTIFICATIONS': underControl('SUQN'),
  'VIEW DATABASE STATE': underControl('VWDS'),
  'KILL DATABASE CONNECTION': underControl('KIDC'),
  UNMASK: underControl('UMSK'),
  'ALTER ANY USER': alterAny('ALUS'),
  'ALTER ANY ROLE': alterAny('ALRL'),
  'ALTER ANY APPLICATION ROLE': alterAny('ALAR'),
  'ALTER ANY SCHEMA': alterAny('ALSM'),
  'ALTER ANY DATABASE DDL TRIGGER': alterAny('ALTG'),
  'CREATE TABLE': createObject('CRTB'),
  'CREATE VIEW': createObject('CRVW'),
  'CREATE PROCEDURE': createObject('CRPR'),
  'CREATE FUNCTION': createObject('CRFN'),
  'CREATE TYPE': createObject('CRTY'),
  'CREATE SYNONYM': createObject('CRSN'),
  'CREATE DEFAULT': createObject('CRDF'),
  'CREATE RULE': createObject('CRRU'),
  'CREATE XML SCHEMA COLLECTION': createObject('CRXS'),
  'CREATE SCHEMA': { type: 'CRSM', same: 'ALTER ANY SCHEMA' },
  'CREATE ROLE': { type: 'CRRL', same: 'ALTER ANY ROLE' },
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
      'ALTER ANY DATABASE DDL TRIGGER',
      'ALTER ANY SCHEMA',
      'CHECKPOINT',
      'CREATE DEFAULT',
      'CREATE FUNCTION',
      'CREATE PROCEDURE',
      'CREATE RULE',
      'CREATE SCHEMA',
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
