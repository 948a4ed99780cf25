// INSERT, UPDATE, DELETE, MERGE and TRUNCATE TABLE.
import type {
  BulkOptions,
  CommonTable,
  CurrentOf,
  Delete,
  DmlTarget,
  Identifier,
  Insert,
  InsertBulk,
  InsertSource,
  Merge,
  MergeClause,
  OutputClause,
  Predicate,
  SetClause,
  Truncate,
  Update,
} from './ast.ts';
import { parseDataType } from './parseDataType.ts';
import { parseExecute } from './parseExecute.ts';
import { parseExpressionOrDefault } from './parseExpression.ts';
import { parsePredicate } from './parsePredicate.ts';
import { parseQuery, parseSelectItem, parseTop, isAssignment, takeAssignment } from './parseQuery.ts';
import { parseOptions } from './parseQueryHints.ts';
import { parseIndexColumns, parseSignedInteger } from './parseTableElement.ts';
import { parseRows, parseTableHints, parseTableSource } from './parseTableSource.ts';
import type { TokenStream } from './tokenStream.ts';
import type { Token } from './tokens.ts';

const maximumRows = 1000;

function parseTarget(p: TokenStream): DmlTarget {
  const first = p.current;
  if (first.type === 'variable') {
    p.next();
    return { kind: 'tableVariable', variable: first.value, ...p.span(first) };
  }
  if (p.isOneOf('OPENROWSET', 'OPENQUERY', 'OPENDATASOURCE')) p.unsupported();
  const name = p.name();
  const hints = p.isWord('WITH') ? parseTableHints(p) : [];
  return { kind: 'table', name, hints, ...p.span(first) };
}

function parseColumnList(p: TokenStream): Identifier[] {
  return p.parenthesized(() => p.list(() => p.identifier()));
}

export function parseInsert(p: TokenStream, first: Token, commonTables: CommonTable[]): Insert | InsertBulk {
  p.expectWord('INSERT');
  if (commonTables.length === 0 && p.takeWord('BULK')) return parseInsertBulk(p, first);
  const top = parseTop(p);
  p.takeWord('INTO');
  const target = parseTarget(p);
  const hasColumns =
    p.isOperator('(') && !p.isOperator('(', 1) && !(p.peek().upper === 'SELECT' && p.peek().reserved);
  const columns = hasColumns ? parseColumnList(p) : [];
  const output = parseOutput(p);
  const source = parseInsertSource(p);
  const options = parseOptions(p);
  return {
    kind: 'insert',
    with: commonTables,
    ...(top && { top }),
    target,
    columns,
    output,
    source,
    options,
    ...p.span(first),
  };
}

/** INSERT BULK is taken: table, columns with their types, WITH (…). */
function parseInsertBulk(p: TokenStream, first: Token): InsertBulk {
  const table = p.name();
  const columns = p.parenthesized(() =>
    p.list(() => {
      const name = p.identifier();
      const type = parseDataType(p);
      const collation = p.takeWord('COLLATE') ? p.identifier().name : undefined;
      return { name, type, ...(collation !== undefined && { collation }) };
    }),
  );
  const options: BulkOptions = {
    keepNulls: false,
    checkConstraints: false,
    fireTriggers: false,
    tabLock: false,
    order: [],
  };
  if (p.takeWord('WITH')) p.parenthesized(() => p.list(() => parseBulkOption(p, options)));
  return { kind: 'insertBulk', table, columns, options, ...p.span(first) };
}

function parseBulkOption(p: TokenStream, options: BulkOptions): void {
  if (p.takeWord('KEEP_NULLS')) options.keepNulls = true;
  else if (p.takeWord('CHECK_CONSTRAINTS')) options.checkConstraints = true;
  else if (p.takeWord('FIRE_TRIGGERS')) options.fireTriggers = true;
  else if (p.takeWord('TABLOCK')) options.tabLock = true;
  else if (p.takeWord('ORDER')) options.order = parseIndexColumns(p);
  else if (p.takeOneOf('ROWS_PER_BATCH', 'KILOBYTES_PER_BATCH')) {
    // How much the client expects to send: about the plan alone.
    p.expectOperator('=');
    parseSignedInteger(p);
  } else {
    if (p.current.type === 'word' && !p.current.reserved) p.unsupported();
    p.fail();
  }
}

function parseInsertSource(p: TokenStream): InsertSource {
  if (p.takeWord('DEFAULT')) {
    p.expectWord('VALUES');
    return { kind: 'defaultValues' };
  }
  const token = p.current;
  if (p.takeWord('VALUES')) {
    const rows = parseRows(p, () => parseExpressionOrDefault(p));
    if (rows.length > maximumRows) p.error(10738, token);
    return { kind: 'values', rows };
  }
  if (p.isOneOf('EXEC', 'EXECUTE')) {
    const execute = parseExecute(p);
    if (execute.kind === 'executeAs') return p.fail(token);
    return { kind: 'execute', execute };
  }
  if (!p.isWord('SELECT') && !p.isOperator('(')) p.fail();
  return { kind: 'query', query: parseQuery(p) };
}

/** OUTPUT … [INTO …] [OUTPUT …]. */
function parseOutput(p: TokenStream): OutputClause[] {
  const clauses: OutputClause[] = [];
  while (clauses.length < 2 && p.isWord('OUTPUT')) {
    const first = p.next();
    const items = p.list(() => parseSelectItem(p));
    if (!p.takeWord('INTO')) {
      clauses.push({ kind: 'output', items, ...p.span(first) });
      break;
    }
    const target = parseTarget(p);
    const columns = p.isOperator('(') ? parseColumnList(p) : [];
    clauses.push({ kind: 'output', items, into: { target, columns }, ...p.span(first) });
  }
  return clauses;
}

function parseSetClause(p: TokenStream): SetClause {
  const first = p.current;
  let variable: string | undefined;
  if (first.type === 'variable') {
    p.next();
    variable = first.value;
    const operator = takeAssignment(p) ?? p.fail();
    if (operator !== '=' || !startsColumnAssignment(p)) {
      const expression = parseExpressionOrDefault(p);
      return { kind: 'setClause', variable, operator, expression, ...p.span(first) };
    }
  }
  const column = p.name();
  if (p.isOperator('(')) p.unsupported('WRITE');
  const operator = takeAssignment(p) ?? p.fail();
  const expression = parseExpressionOrDefault(p);
  return { kind: 'setClause', column, ...(variable && { variable }), operator, expression, ...p.span(first) };
}

/** After `@v =`: does `column =` follow? */
function startsColumnAssignment(p: TokenStream): boolean {
  let ahead = 0;
  while (p.isIdentifier(ahead) && p.isOperator('.', ahead + 1)) ahead += 2;
  return p.isIdentifier(ahead) && isAssignment(p.peek(ahead + 1));
}

function parseWhere(p: TokenStream): Predicate | CurrentOf | undefined {
  if (!p.takeWord('WHERE')) return undefined;
  const first = p.current;
  if (!p.takeWord('CURRENT', 'OF')) return parsePredicate(p);
  if (p.isWord('GLOBAL') && p.isIdentifier(1)) p.next();
  const cursor = p.current.type === 'variable' ? p.next().value : p.identifier().name;
  return { kind: 'currentOf', cursor, ...p.span(first) };
}

export function parseUpdate(p: TokenStream, first: Token, commonTables: CommonTable[]): Update {
  p.expectWord('UPDATE');
  const top = parseTop(p);
  const target = parseTarget(p);
  p.expectWord('SET');
  const set = p.list(() => parseSetClause(p));
  const output = parseOutput(p);
  const from = p.takeWord('FROM') ? p.list(() => parseTableSource(p)) : [];
  const where = parseWhere(p);
  const options = parseOptions(p);
  return {
    kind: 'update',
    with: commonTables,
    ...(top && { top }),
    target,
    set,
    output,
    from,
    ...(where && { where }),
    options,
    ...p.span(first),
  };
}

export function parseDelete(p: TokenStream, first: Token, commonTables: CommonTable[]): Delete {
  p.expectWord('DELETE');
  const top = parseTop(p);
  p.takeWord('FROM');
  const target = parseTarget(p);
  const output = parseOutput(p);
  const from = p.takeWord('FROM') ? p.list(() => parseTableSource(p)) : [];
  const where = parseWhere(p);
  const options = parseOptions(p);
  return {
    kind: 'delete',
    with: commonTables,
    ...(top && { top }),
    target,
    output,
    from,
    ...(where && { where }),
    options,
    ...p.span(first),
  };
}

/** @throws SqlError 10713 without the semicolon behind it. */
export function parseMerge(p: TokenStream, first: Token, commonTables: CommonTable[]): Merge {
  p.expectWord('MERGE');
  const top = parseTop(p);
  p.takeWord('INTO');
  const target = parseTarget(p);
  const alias = p.takeWord('AS') || (p.isIdentifier() && !p.isWord('USING')) ? p.identifier() : undefined;
  p.expectWord('USING');
  const using = parseTableSource(p);
  p.expectWord('ON');
  const on = parsePredicate(p);
  const clauses = [parseMergeClause(p)];
  while (p.isWord('WHEN')) clauses.push(parseMergeClause(p));
  const output = parseOutput(p);
  const options = parseOptions(p);
  if (!p.isOperator(';')) {
    if (p.current.type === 'end') p.error(10713, first);
    p.error(10713, p.current);
  }
  return {
    kind: 'merge',
    with: commonTables,
    ...(top && { top }),
    target: { ...target, ...(alias && { alias }) },
    using,
    on,
    clauses,
    output,
    options,
    ...p.span(first),
  };
}

function parseMergeClause(p: TokenStream): MergeClause {
  const first = p.current;
  p.expectWord('WHEN');
  let match: MergeClause['match'] = 'matched';
  if (p.takeWord('NOT')) {
    p.expectWord('MATCHED');
    match = 'notMatchedByTarget';
    if (p.takeWord('BY') && p.expectOneOf('TARGET', 'SOURCE') === 'SOURCE') match = 'notMatchedBySource';
  } else {
    p.expectWord('MATCHED');
  }
  const condition = p.takeWord('AND') ? parsePredicate(p) : undefined;
  p.expectWord('THEN');
  const action = match === 'notMatchedByTarget' ? parseMergeInsert(p) : parseMergeChange(p);
  return { kind: 'mergeClause', match, ...(condition && { condition }), action, ...p.span(first) };
}

function parseMergeInsert(p: TokenStream): MergeClause['action'] {
  p.expectWord('INSERT');
  const columns = p.isOperator('(') ? parseColumnList(p) : [];
  if (p.takeWord('DEFAULT')) {
    p.expectWord('VALUES');
    return { kind: 'insert', columns };
  }
  p.expectWord('VALUES');
  const values = p.parenthesized(() => p.list(() => parseExpressionOrDefault(p)));
  return { kind: 'insert', columns, values };
}

function parseMergeChange(p: TokenStream): MergeClause['action'] {
  if (p.takeWord('DELETE')) return { kind: 'delete' };
  p.expectWord('UPDATE');
  p.expectWord('SET');
  return { kind: 'update', set: p.list(() => parseSetClause(p)) };
}

export function parseTruncate(p: TokenStream): Truncate {
  const first = p.next();
  p.expectWord('TABLE');
  const table = p.name();
  if (p.isWord('WITH') && p.isOperator('(', 1)) p.unsupported('PARTITIONS');
  return { kind: 'truncate', table, ...p.span(first) };
}
