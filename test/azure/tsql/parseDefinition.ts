// CREATE, ALTER and DROP of what is neither a table nor a module nor a principal: indexes, schemas, sequences, types, databases …
import type {
  AlterDatabase,
  AlterIndex,
  AlterSchema,
  AlterSequence,
  CreateDatabase,
  CreateIndex,
  CreateSchema,
  CreateSequence,
  CreateSynonym,
  CreateType,
  DropIndex,
  DropObject,
  SequenceOptions,
  SwitchTrigger,
  UpdateStatistics,
} from './ast.ts';
import { parseDataType } from './parseDataType.ts';
import { parsePredicate } from './parsePredicate.ts';
import { parseSecurable } from './parseSecurable.ts';
import {
  parseIndexColumns,
  parseIndexOptions,
  parseSignedInteger,
  parseTableElements,
  refuseFileGroup,
} from './parseTableElement.ts';
import type { TokenStream } from './tokenStream.ts';
import type { Token } from './tokens.ts';

/** CREATE is taken; [UNIQUE] [CLUSTERED|NONCLUSTERED] INDEX is next. */
export function parseCreateIndex(p: TokenStream, first: Token): CreateIndex {
  const unique = p.takeWord('UNIQUE');
  const word = p.takeOneOf('CLUSTERED', 'NONCLUSTERED');
  if (p.isWord('COLUMNSTORE')) p.unsupported();
  p.expectWord('INDEX');
  const name = p.identifier();
  p.expectWord('ON');
  const table = p.name();
  const columns = parseIndexColumns(p);
  const include = p.takeWord('INCLUDE') ? p.parenthesized(() => p.list(() => p.identifier())) : [];
  const where = p.takeWord('WHERE') ? parsePredicate(p) : undefined;
  const options = p.isWord('WITH') ? parseIndexOptions(p) : [];
  refuseFileGroup(p);
  return {
    kind: 'createIndex',
    name,
    table,
    unique,
    ...(word && { clustered: word === 'CLUSTERED' }),
    columns,
    include,
    ...(where && { where }),
    options,
    ...p.span(first),
  };
}

export function parseAlterIndex(p: TokenStream, first: Token): AlterIndex {
  p.expectWord('INDEX');
  const name = p.takeWord('ALL') ? undefined : p.identifier();
  p.expectWord('ON');
  const table = p.name();
  const actions = { REBUILD: 'rebuild', REORGANIZE: 'reorganize', DISABLE: 'disable' } as const;
  if (p.isOneOf('SET', 'RESUME', 'PAUSE', 'ABORT')) p.unsupported();
  const action = actions[p.expectOneOf('REBUILD', 'REORGANIZE', 'DISABLE')];
  if (p.isWord('PARTITION')) p.unsupported();
  if (p.isWord('WITH')) parseIndexOptions(p);
  return { kind: 'alterIndex', ...(name && { name }), table, action, ...p.span(first) };
}

/** DROP INDEX [IF EXISTS] i ON t, … or the old t.i. */
export function parseDropIndex(p: TokenStream, first: Token): DropIndex {
  p.expectWord('INDEX');
  const ifExists = p.takeWord('IF', 'EXISTS');
  const items = p.list(() => {
    const full = p.name();
    const name = full.parts.at(-1) ?? p.fail();
    if (full.parts.length > 1) return { name, table: { ...full, parts: full.parts.slice(0, -1) } };
    p.expectWord('ON');
    return { name, table: p.name() };
  });
  if (p.isWord('WITH') && p.isOperator('(', 1)) parseIndexOptions(p);
  return { kind: 'dropIndex', ifExists, items, ...p.span(first) };
}

export function parseCreateSchema(p: TokenStream, first: Token): CreateSchema {
  p.expectWord('SCHEMA');
  if (p.takeWord('AUTHORIZATION')) {
    const owner = p.identifierOr('PUBLIC');
    return { kind: 'createSchema', name: owner, owner, ...p.span(first) };
  }
  const name = p.identifier();
  const owner = p.takeWord('AUTHORIZATION') ? p.identifierOr('PUBLIC') : undefined;
  // Tables and grants inside CREATE SCHEMA.
  if (p.isOneOf('CREATE', 'GRANT', 'DENY', 'REVOKE')) p.unsupported();
  return { kind: 'createSchema', name, ...(owner && { owner }), ...p.span(first) };
}

export function parseAlterSchema(p: TokenStream, first: Token): AlterSchema {
  p.expectWord('SCHEMA');
  const schema = p.identifier();
  p.expectWord('TRANSFER');
  const securable = parseSecurable(p);
  return { kind: 'alterSchema', schema, securable, ...p.span(first) };
}

function parseSequenceOptions(p: TokenStream): SequenceOptions {
  const options: SequenceOptions = {};
  for (;;) {
    if (p.takeWord('AS')) options.type = parseDataType(p);
    else if (p.takeWord('START')) {
      p.expectWord('WITH');
      options.start = parseSignedInteger(p);
    } else if (p.takeWord('RESTART')) options.restart = p.takeWord('WITH') ? parseSignedInteger(p) : '';
    else if (p.takeWord('INCREMENT')) {
      p.expectWord('BY');
      options.increment = parseSignedInteger(p);
    } else if (p.takeWord('MINVALUE')) options.minimum = parseSignedInteger(p);
    else if (p.takeWord('MAXVALUE')) options.maximum = parseSignedInteger(p);
    else if (p.takeWord('NO', 'MINVALUE')) options.minimum = null;
    else if (p.takeWord('NO', 'MAXVALUE')) options.maximum = null;
    else if (p.takeWord('NO', 'CYCLE')) options.cycle = false;
    else if (p.takeWord('NO', 'CACHE')) options.cache = null;
    else if (p.takeWord('CYCLE')) options.cycle = true;
    else if (p.takeWord('CACHE')) options.cache = p.current.type === 'number' ? parseSignedInteger(p) : '';
    else return options;
  }
}

export function parseCreateSequence(p: TokenStream, first: Token): CreateSequence {
  p.expectWord('SEQUENCE');
  const name = p.name();
  return { kind: 'createSequence', name, options: parseSequenceOptions(p), ...p.span(first) };
}

export function parseAlterSequence(p: TokenStream, first: Token): AlterSequence {
  p.expectWord('SEQUENCE');
  const name = p.name();
  return { kind: 'alterSequence', name, options: parseSequenceOptions(p), ...p.span(first) };
}

export function parseCreateType(p: TokenStream, first: Token): CreateType {
  p.expectWord('TYPE');
  const name = p.name(2, 'type');
  if (p.takeWord('FROM')) {
    const base = parseDataType(p);
    const nullable = p.takeWord('NOT', 'NULL') ? false : p.takeWord('NULL') ? true : undefined;
    return {
      kind: 'createType',
      name,
      definition: { kind: 'alias', base, ...(nullable !== undefined && { nullable }) },
      ...p.span(first),
    };
  }
  if (p.isWord('EXTERNAL')) p.unsupported();
  p.expectWord('AS', 'TABLE');
  const elements = parseTableElements(p);
  if (p.isWord('WITH') && p.isOperator('(', 1)) p.unsupported(p.peek(2).value);
  return { kind: 'createType', name, definition: { kind: 'table', elements }, ...p.span(first) };
}

export function parseCreateSynonym(p: TokenStream, first: Token): CreateSynonym {
  p.expectWord('SYNONYM');
  const name = p.name();
  p.expectWord('FOR');
  return { kind: 'createSynonym', name, target: p.name(), ...p.span(first) };
}

/** UPDATE is taken, STATISTICS is next. */
export function parseUpdateStatistics(p: TokenStream, first: Token): UpdateStatistics {
  p.expectWord('STATISTICS');
  const table = p.name();
  if (p.isIdentifier()) p.identifier();
  else if (p.isOperator('(')) p.parenthesized(() => p.list(() => p.identifier()));
  if (p.isWord('WITH') && p.peek().upper !== 'FULLSCAN') p.unsupported(p.peek().value);
  p.takeWord('WITH', 'FULLSCAN');
  return { kind: 'updateStatistics', table, ...p.span(first) };
}

/** ENABLE|DISABLE TRIGGER … ON …. */
export function parseSwitchTrigger(p: TokenStream): SwitchTrigger {
  const first = p.next();
  p.expectWord('TRIGGER');
  const names = p.takeWord('ALL') ? [] : p.list(() => p.name(2));
  p.expectWord('ON');
  if (p.isWord('ALL', 'SERVER')) p.unsupported('SERVER');
  const target = p.takeWord('DATABASE') ? 'database' : p.name();
  return { kind: 'switchTrigger', enable: first.upper === 'ENABLE', names, target, ...p.span(first) };
}

const droppable: Readonly<Record<string, DropObject['object']>> = {
  TABLE: 'table',
  VIEW: 'view',
  PROCEDURE: 'procedure',
  PROC: 'procedure',
  FUNCTION: 'function',
  TRIGGER: 'trigger',
  SEQUENCE: 'sequence',
  SCHEMA: 'schema',
  TYPE: 'type',
  SYNONYM: 'synonym',
  DATABASE: 'database',
};

/** DROP is taken; undefined when what is next is none of these. */
export function parseDropObject(p: TokenStream, first: Token): DropObject | undefined {
  if (p.isWord('STATISTICS')) p.unsupported();
  const object = p.current.type === 'word' ? droppable[p.current.upper] : undefined;
  if (!object) return undefined;
  p.next();
  if (object === 'database' && p.isOneOf('SCOPED', 'AUDIT', 'ENCRYPTION') && p.isIdentifier(1))
    p.unsupported();
  const ifExists = p.takeWord('IF', 'EXISTS');
  const single = object === 'schema' || object === 'type';
  const names = single ? [p.name(2)] : p.list(() => p.name());
  if (object === 'trigger' && p.isWord('ON')) {
    if (p.isWord('ON', 'ALL')) p.unsupported('SERVER');
    p.expectWord('ON', 'DATABASE');
  }
  return { kind: 'drop', object, ifExists, names, ...p.span(first) };
}

/** `NAME = value`, value a word, number or string; upper-case name, value as written (words joined: `10 GB`). */
function parseOption(p: TokenStream): { name: string; value: string } {
  const token = p.current;
  if (token.type !== 'word') p.fail();
  p.next();
  p.expectOperator('=');
  return { name: token.upper, value: parseOptionValue(p) };
}

function parseOptionValue(p: TokenStream): string {
  const value = p.current;
  if (value.type === 'word' && ['ELASTIC_POOL'].includes(value.upper)) p.unsupported();
  if (value.type !== 'word' && value.type !== 'number' && value.type !== 'string') p.fail();
  p.next();
  if (value.type === 'number' && p.isOneOf('MB', 'GB', 'TB')) return `${value.value} ${p.next().upper}`;
  return value.value;
}

const databaseOptions: ReadonlySet<string> = new Set([
  'EDITION',
  'MAXSIZE',
  'SERVICE_OBJECTIVE',
  'BACKUP_STORAGE_REDUNDANCY',
  'CATALOG_COLLATION',
]);

function parseDatabaseOptions(p: TokenStream): { name: string; value: string }[] {
  return p.parenthesized(() =>
    p.list(() => {
      if (p.current.type === 'word' && !databaseOptions.has(p.current.upper)) p.unsupported();
      return parseOption(p);
    }),
  );
}

export function parseCreateDatabase(p: TokenStream, first: Token): CreateDatabase {
  p.expectWord('DATABASE');
  if (p.isOneOf('SCOPED', 'AUDIT', 'ENCRYPTION') && p.isIdentifier(1)) p.unsupported();
  const name = p.identifier();
  const database: CreateDatabase = { kind: 'createDatabase', name, options: [], ...p.span(first) };
  if (p.takeWord('COLLATE')) database.collation = p.identifier().name;
  if (p.takeWord('AS')) {
    p.expectWord('COPY', 'OF');
    database.copyOf = p.name(2);
  }
  if (p.isOperator('(')) database.options.push(...parseDatabaseOptions(p));
  if (p.takeWord('WITH')) {
    database.options.push(
      ...p.list(() => {
        if (p.current.type === 'word' && !databaseOptions.has(p.current.upper)) p.unsupported();
        return parseOption(p);
      }),
    );
  }
  if (p.isOneOf('ON', 'LOG', 'FOR', 'CONTAINMENT')) p.unsupported();
  return { ...database, ...p.span(first) };
}

export function parseAlterDatabase(p: TokenStream, first: Token): AlterDatabase {
  p.expectWord('DATABASE');
  if (p.takeWord('SCOPED')) {
    if (!p.isWord('CONFIGURATION')) p.unsupported();
    p.next();
    if (!p.isWord('SET')) p.unsupported();
    p.next();
    const option = parseOption(p);
    return { kind: 'alterDatabase', action: { kind: 'scopedConfiguration', ...option }, ...p.span(first) };
  }
  const name = p.takeWord('CURRENT') ? undefined : p.identifier();
  const action = parseDatabaseAction(p);
  return { kind: 'alterDatabase', ...(name && { name }), action, ...p.span(first) };
}

function parseDatabaseAction(p: TokenStream): AlterDatabase['action'] {
  if (p.takeWord('COLLATE')) return { kind: 'collate', collation: p.identifier().name };
  if (p.takeWord('MODIFY')) {
    if (p.takeWord('NAME')) {
      p.expectOperator('=');
      return { kind: 'rename', to: p.identifier() };
    }
    if (!p.isOperator('(')) p.unsupported();
    return { kind: 'modify', options: parseDatabaseOptions(p) };
  }
  if (p.isOneOf('ADD', 'REMOVE', 'FAILOVER', 'FORCE_FAILOVER_ALLOW_DATA_LOSS', 'PERFORM_CUTOVER'))
    p.unsupported();
  p.expectWord('SET');
  const options = p.list(() => parseSetOption(p));
  if (p.takeWord('WITH')) {
    if (!p.takeWord('NO_WAIT')) {
      p.expectWord('ROLLBACK');
      if (!p.takeWord('IMMEDIATE')) {
        p.expectWord('AFTER');
        parseSignedInteger(p);
        p.takeWord('SECONDS');
      }
    }
  }
  return { kind: 'set', options };
}

/** NAME ON, NAME = value, or NAME alone (READ_ONLY). Options with a list of their own are refused. */
function parseSetOption(p: TokenStream): { name: string; value: string } {
  const token = p.current;
  if (token.type !== 'word' || token.reserved) p.fail();
  p.next();
  if (p.takeOperator('=')) {
    const value = parseOptionValue(p);
    if (p.isOperator('(')) p.unsupported(token.value, token);
    return { name: token.upper, value };
  }
  if (p.isOperator('(')) p.unsupported(token.value, token);
  const value =
    p.isOneOf('ON', 'OFF') || (p.isIdentifier() && p.current.type === 'word') ? p.next().upper : '';
  if (p.isOperator('(')) p.unsupported(token.value, token);
  return { name: token.upper, value };
}
