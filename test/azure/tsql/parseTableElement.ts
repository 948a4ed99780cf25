// What stands between the parentheses of CREATE TABLE: columns, constraints, indexes, the system-time period.
import type {
  ColumnDefinition,
  ComputedColumn,
  DefaultConstraint,
  Identifier,
  IndexColumn,
  InlineIndex,
  PeriodForSystemTime,
  ReferentialAction,
  Span,
  TableConstraint,
  TableElement,
} from './ast.ts';
import { parseDataType } from './parseDataType.ts';
import { parseExpression } from './parseExpression.ts';
import { parsePredicate } from './parsePredicate.ts';
import type { TokenStream } from './tokenStream.ts';
import type { Token } from './tokens.ts';

/** ( element, … ); a comma between a column and a table constraint may be left out, and one may stand at the end. */
export function parseTableElements(p: TokenStream): TableElement[] {
  return p.parenthesized(() => {
    const elements = [parseTableElement(p)];
    while (p.takeOperator(',')) {
      if (p.isOperator(')')) break;
      elements.push(parseTableElement(p));
    }
    return elements;
  });
}

export function parseTableElement(p: TokenStream): TableElement {
  const constraint = parseConstraint(p, undefined);
  if (constraint) return constraint;
  if (p.isWord('INDEX')) return parseInlineIndex(p, undefined);
  if (p.isWord('PERIOD', 'FOR')) return parsePeriod(p);
  return parseColumn(p);
}

function parsePeriod(p: TokenStream): PeriodForSystemTime {
  const first = p.next();
  p.expectWord('FOR', 'SYSTEM_TIME');
  return p.parenthesized(() => {
    const from = p.identifier();
    p.expectOperator(',');
    const to = p.identifier();
    return { kind: 'period', from, to, ...p.span(first) };
  });
}

/** [CONSTRAINT name] PRIMARY KEY | UNIQUE | FOREIGN KEY | CHECK; with `column` as a constraint of that column. */
export function parseConstraint(p: TokenStream, column: Identifier | undefined): TableConstraint | undefined {
  const first = p.current;
  if (p.isWord('CONSTRAINT') && p.peek(2).upper === 'DEFAULT') return undefined;
  const name = p.takeWord('CONSTRAINT') ? p.identifier() : undefined;
  const named = name && { name };
  if (p.isOneOf('PRIMARY', 'UNIQUE')) return parseKey(p, first, name, column);
  if (p.takeWord('CHECK')) {
    if (p.isWord('NOT', 'FOR', 'REPLICATION')) p.unsupported('REPLICATION');
    p.expectOperator('(');
    const condition = parsePredicate(p);
    const text = p.textOf(condition);
    p.expectOperator(')');
    return { kind: 'checkConstraint', ...named, condition, text, ...p.span(first) };
  }
  if (column && p.isWord('REFERENCES')) return parseForeignKey(p, first, name, [column]);
  if (p.takeWord('FOREIGN')) {
    p.expectWord('KEY');
    const columns = column ? [column] : p.parenthesized(() => p.list(() => p.identifier()));
    return parseForeignKey(p, first, name, columns);
  }
  if (name) p.fail();
  return undefined;
}

/** Behind a column its constraint's columns are that column alone, and stand where its name does. */
function positionOf({ line, start, end }: Identifier): Span {
  return { line, start, end };
}

function parseKey(
  p: TokenStream,
  first: Token,
  name: Identifier | undefined,
  column: Identifier | undefined,
): TableConstraint {
  const primary = p.expectOneOf('PRIMARY', 'UNIQUE') === 'PRIMARY';
  if (primary) p.expectWord('KEY');
  const clustered = takeClustered(p);
  const columns: IndexColumn[] =
    column && !p.isOperator('(')
      ? [{ kind: 'indexColumn', name: column, descending: false, ...positionOf(column) }]
      : parseIndexColumns(p);
  if (p.isWord('WITH') && (p.isOperator('(', 1) || p.peek().upper === 'FILLFACTOR')) parseIndexOptions(p);
  refuseFileGroup(p);
  return {
    kind: 'keyConstraint',
    ...(name && { name }),
    primary,
    ...(clustered !== undefined && { clustered }),
    columns,
    ...p.span(first),
  };
}

function takeClustered(p: TokenStream): boolean | undefined {
  const word = p.takeOneOf('CLUSTERED', 'NONCLUSTERED');
  if (word && p.isWord('COLUMNSTORE')) p.unsupported();
  if (p.isWord('HASH')) p.unsupported();
  return word && word === 'CLUSTERED';
}

export function parseIndexColumns(p: TokenStream): IndexColumn[] {
  return p.parenthesized(() =>
    p.list(() => {
      const first = p.current;
      const name = p.identifier();
      const descending = p.takeOneOf('ASC', 'DESC') === 'DESC';
      return { kind: 'indexColumn', name, descending, ...p.span(first) };
    }),
  );
}

/** ON [PRIMARY] and the like: Azure SQL Database has the one file group only, and takes its name. */
export function refuseFileGroup(p: TokenStream): void {
  while ((p.isWord('ON') || p.isWord('TEXTIMAGE_ON')) && p.isIdentifier(1)) {
    if (p.peek().value.toUpperCase() !== 'PRIMARY' || p.isOperator('(', 2)) p.unsupported('FILEGROUP');
    p.next();
    p.next();
  }
}

const indexOptionNames: ReadonlySet<string> = new Set(
  `PAD_INDEX FILLFACTOR SORT_IN_TEMPDB IGNORE_DUP_KEY STATISTICS_NORECOMPUTE STATISTICS_INCREMENTAL DROP_EXISTING ONLINE RESUMABLE
  MAX_DURATION ALLOW_ROW_LOCKS ALLOW_PAGE_LOCKS OPTIMIZE_FOR_SEQUENTIAL_KEY MAXDOP DATA_COMPRESSION XML_COMPRESSION`.split(
    /\s+/,
  ),
);

/**
 * WITH (name = value, …), if it comes. Names and values in upper case. All but DROP_EXISTING and IGNORE_DUP_KEY say only how an index is
 * stored, built and locked, which no answer shows.
 */
export function parseIndexOptions(p: TokenStream): { name: string; value: string }[] {
  if (!p.takeWord('WITH')) return [];
  const option = (): { name: string; value: string } => {
    const token = p.current;
    if (token.type !== 'word') p.fail();
    if (!indexOptionNames.has(token.upper)) p.unsupported();
    p.next();
    p.expectOperator('=');
    const value = p.current;
    if (value.type !== 'word' && value.type !== 'number') p.fail();
    p.next();
    if (p.isOperator('(')) p.unsupported(token.value, token);
    if (token.upper === 'IGNORE_DUP_KEY' && value.value.toUpperCase() !== 'OFF')
      p.unsupported(token.value, token);
    if (value.type === 'number') p.takeWord('MINUTES');
    return { name: token.upper, value: value.value.toUpperCase() };
  };
  if (!p.isOperator('(')) return [option()];
  return p.parenthesized(() => p.list(option));
}

function parseForeignKey(
  p: TokenStream,
  first: Token,
  name: Identifier | undefined,
  columns: Identifier[],
): TableConstraint {
  p.expectWord('REFERENCES');
  const table = p.name();
  const references = p.isOperator('(') ? p.parenthesized(() => p.list(() => p.identifier())) : [];
  let onDelete: ReferentialAction = 'noAction';
  let onUpdate: ReferentialAction = 'noAction';
  while (p.isWord('ON', 'DELETE') || p.isWord('ON', 'UPDATE')) {
    p.next();
    if (p.next().upper === 'DELETE') onDelete = parseReferentialAction(p);
    else onUpdate = parseReferentialAction(p);
  }
  if (p.isWord('NOT', 'FOR', 'REPLICATION')) p.unsupported('REPLICATION');
  return {
    kind: 'foreignKey',
    ...(name && { name }),
    columns,
    table,
    references,
    onDelete,
    onUpdate,
    ...p.span(first),
  };
}

function parseReferentialAction(p: TokenStream): ReferentialAction {
  if (p.takeWord('NO')) {
    p.expectWord('ACTION');
    return 'noAction';
  }
  if (p.takeWord('CASCADE')) return 'cascade';
  p.expectWord('SET');
  return p.expectOneOf('NULL', 'DEFAULT') === 'NULL' ? 'setNull' : 'setDefault';
}

/** INDEX name … inside CREATE TABLE; with `column` behind that column. */
function parseInlineIndex(p: TokenStream, column: Identifier | undefined): InlineIndex {
  const first = p.next();
  const name = p.identifier();
  const unique = p.takeWord('UNIQUE');
  const clustered = takeClustered(p);
  if (p.isWord('COLUMNSTORE')) p.unsupported();
  const columns: IndexColumn[] =
    column && !p.isOperator('(')
      ? [{ kind: 'indexColumn', name: column, descending: false, ...positionOf(column) }]
      : parseIndexColumns(p);
  const include = p.takeWord('INCLUDE') ? p.parenthesized(() => p.list(() => p.identifier())) : [];
  const where = p.takeWord('WHERE') ? parsePredicate(p) : undefined;
  if (p.isWord('WITH') && p.isOperator('(', 1)) parseIndexOptions(p);
  refuseFileGroup(p);
  return {
    kind: 'inlineIndex',
    name,
    unique,
    ...(clustered !== undefined && { clustered }),
    columns,
    include,
    ...(where && { where }),
    ...p.span(first),
  };
}

function parseColumn(p: TokenStream): ColumnDefinition | ComputedColumn {
  const first = p.current;
  const name = p.identifier();
  if (p.takeWord('AS')) return parseComputed(p, first, name);
  // `rv timestamp` may be written without a name for the type: the column is then called timestamp.
  const bare = name.name.toLowerCase() === 'timestamp' && (p.isOperator(',') || p.isOperator(')'));
  const column: ColumnDefinition = {
    kind: 'columnDefinition',
    name,
    type: bare
      ? {
          kind: 'dataType',
          name: { kind: 'name', parts: [name], ...p.span(first) },
          arguments: [],
          system: { name: 'timestamp' },
          ...p.span(first),
        }
      : parseDataType(p),
    rowGuid: false,
    constraints: [],
    ...p.span(first),
  };
  while (parseColumnOption(p, column)) continue;
  return { ...column, ...p.span(first) };
}

function parseComputed(p: TokenStream, first: Token, name: Identifier): ComputedColumn {
  const expression = parseExpression(p);
  const column: ComputedColumn = {
    kind: 'computedColumn',
    name,
    expression,
    text: p.textOf(expression),
    persisted: p.takeWord('PERSISTED'),
    constraints: [],
    ...p.span(first),
  };
  if (column.persisted && p.takeWord('NOT', 'NULL')) column.nullable = false;
  for (let constraint = parseConstraint(p, name); constraint; constraint = parseConstraint(p, name)) {
    column.constraints.push(constraint);
  }
  return { ...column, ...p.span(first) };
}

export function parseSignedInteger(p: TokenStream): string {
  const sign = p.takeOperator('-') ? '-' : '';
  if (!sign) p.takeOperator('+');
  const token = p.current;
  if (token.type !== 'number' || !/^\d+$/.test(token.value)) p.fail();
  p.next();
  return sign + token.value;
}

export function parseDefault(p: TokenStream): DefaultConstraint | undefined {
  const first = p.current;
  if (p.isWord('CONSTRAINT') ? p.peek(2).upper !== 'DEFAULT' : !p.isWord('DEFAULT')) return undefined;
  const name = p.takeWord('CONSTRAINT') ? p.identifier() : undefined;
  p.expectWord('DEFAULT');
  const expression = parseExpression(p);
  return {
    kind: 'defaultConstraint',
    ...(name && { name }),
    expression,
    text: p.textOf(expression),
    ...p.span(first),
  };
}

/** One of the things that may follow a column's type, in any order; false when there is none. */
function parseColumnOption(p: TokenStream, column: ColumnDefinition): boolean {
  if (p.takeWord('NOT', 'NULL')) {
    column.nullable = false;
    return true;
  }
  if (p.takeWord('NULL')) {
    column.nullable = true;
    return true;
  }
  if (p.takeWord('COLLATE')) {
    column.collation = p.identifier().name;
    return true;
  }
  if (p.takeWord('IDENTITY')) {
    column.identity = { seed: '1', increment: '1' };
    if (p.isOperator('(')) {
      column.identity = p.parenthesized(() => {
        const seed = parseSignedInteger(p);
        p.expectOperator(',');
        return { seed, increment: parseSignedInteger(p) };
      });
    }
    if (p.isWord('NOT', 'FOR', 'REPLICATION')) p.unsupported('REPLICATION');
    return true;
  }
  if (p.takeWord('ROWGUIDCOL')) {
    column.rowGuid = true;
    return true;
  }
  if (p.isWord('GENERATED')) {
    parseGenerated(p, column);
    return true;
  }
  if (p.isOneOf('SPARSE', 'FILESTREAM', 'MASKED', 'ENCRYPTED', 'HIDDEN', 'COLUMN_SET')) p.unsupported();
  const value = parseDefault(p);
  if (value) {
    column.default = value;
    // DEFAULT … WITH VALUES: existing rows get it too, which NOT NULL columns do anyway.
    if (p.takeWord('WITH', 'VALUES')) column.defaultWithValues = true;
    return true;
  }
  if (p.isWord('INDEX')) {
    column.index = parseInlineIndex(p, column.name);
    return true;
  }
  const constraint = parseConstraint(p, column.name);
  if (constraint) column.constraints.push(constraint);
  return constraint !== undefined;
}

function parseGenerated(p: TokenStream, column: ColumnDefinition): void {
  p.expectWord('GENERATED', 'ALWAYS', 'AS');
  if (!p.isWord('ROW')) p.unsupported();
  p.next();
  const row = p.expectOneOf('START', 'END') === 'START' ? 'start' : 'end';
  column.generated = { row, hidden: p.takeWord('HIDDEN') };
}
