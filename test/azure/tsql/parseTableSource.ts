// What stands in FROM: tables, joins, APPLY, derived tables, VALUES, functions, hints.
import type {
  DerivedTable,
  Expression,
  Identifier,
  Join,
  Name,
  OpenJsonColumn,
  SystemTime,
  TableHint,
  TableReference,
  TableSource,
} from './ast.ts';
import { parseDataType } from './parseDataType.ts';
import { parseExpression, parseExpressionOrDefault } from './parseExpression.ts';
import { parsePredicate } from './parsePredicate.ts';
import { parseSubqueryBody, stringValue } from './parseQuery.ts';
import { nearText, type TokenStream } from './tokenStream.ts';
import type { Token } from './tokens.ts';

/** One source and the joins that follow it. */
export function parseTableSource(p: TokenStream): TableSource {
  const first = p.current;
  let left = p.nest(() => parsePrimarySource(p));
  for (let operands = 1; ; operands++) {
    p.chain(operands);
    if (p.takeWord('CROSS', 'JOIN')) {
      const right = parsePrimarySource(p);
      left = { kind: 'join', join: 'cross', left, right, ...p.span(first) };
    } else if (p.isWord('CROSS', 'APPLY') || p.isWord('OUTER', 'APPLY')) {
      const outer = p.next().upper === 'OUTER';
      p.next();
      const right = parsePrimarySource(p);
      left = { kind: 'apply', outer, left, right, ...p.span(first) };
    } else {
      const join = takeJoin(p);
      if (!join) return left;
      // In `a JOIN b JOIN c ON … ON …` the right side is itself a join.
      const right = p.nest(() => parseTableSource(p));
      p.expectWord('ON');
      const on = parsePredicate(p);
      left = { kind: 'join', ...join, left, right, on, ...p.span(first) };
    }
  }
}

const joinHints = { LOOP: 'loop', HASH: 'hash', MERGE: 'merge', REMOTE: 'remote' } as const;

function takeJoin(p: TokenStream): Pick<Join, 'join' | 'hint'> | undefined {
  if (p.takeWord('JOIN')) return { join: 'inner' };
  const word = p.takeOneOf('INNER', 'LEFT', 'RIGHT', 'FULL');
  if (!word) return undefined;
  if (word !== 'INNER') p.takeWord('OUTER');
  const hint = p.takeOneOf('LOOP', 'HASH', 'MERGE', 'REMOTE');
  p.expectWord('JOIN');
  const kinds = { INNER: 'inner', LEFT: 'left', RIGHT: 'right', FULL: 'full' } as const;
  return { join: kinds[word], ...(hint && { hint: joinHints[hint] }) };
}

/** Index of the token after the parenthesis that closes the one `ahead`. */
function afterClosing(p: TokenStream, ahead: number): Token {
  let depth = 0;
  for (let at = ahead; ; at++) {
    const token = p.peek(at);
    if (token.type === 'end') return token;
    if (p.isOperator('(', at)) depth++;
    if (p.isOperator(')', at) && --depth === 0) return p.peek(at + 1);
  }
}

/** Does a query begin at the current `(`, rather than a parenthesised join? */
function isQueryInParentheses(p: TokenStream): boolean {
  let depth = 0;
  while (p.isOperator('(', depth)) depth++;
  const inner = p.peek(depth);
  if (!inner.reserved || inner.upper !== 'SELECT') return false;
  // ((SELECT …) UNION …) is a query, ((SELECT …) AS t JOIN …) a join.
  for (let open = 1; open < depth; open++) {
    const after = afterClosing(p, open);
    const goesOn =
      after.upper === ')' || (after.reserved && ['UNION', 'EXCEPT', 'INTERSECT'].includes(after.upper));
    if (!goesOn) return false;
  }
  return true;
}

function parsePrimarySource(p: TokenStream): TableSource {
  const first = p.current;
  if (p.isOperator('(')) return refuseTransforms(p, parseParenthesizedSource(p, first));
  if (first.type === 'variable') {
    p.next();
    if (p.isOperator('.')) p.unsupported(`${first.value}.${p.peek().value}`);
    const alias = parseTableAlias(p);
    return refuseTransforms(p, {
      kind: 'tableVariable',
      variable: first.value,
      ...(alias && { alias }),
      ...p.span(first),
    });
  }
  if (
    p.isOneOf('OPENROWSET', 'OPENQUERY', 'OPENDATASOURCE', 'OPENXML', 'CONTAINSTABLE', 'FREETEXTTABLE') ||
    (p.isOneOf('CHANGETABLE', 'PREDICT', 'AI_GENERATE_CHUNKS') && p.isOperator('(', 1))
  ) {
    p.unsupported();
  }
  const name = p.name();
  if (p.isOperator('(') && !isHintList(p)) return refuseTransforms(p, parseTableFunction(p, first, name));
  return refuseTransforms(p, parseTableReference(p, first, name));
}

function refuseTransforms<T extends TableSource>(p: TokenStream, source: T): T {
  if (p.isOneOf('PIVOT', 'UNPIVOT', 'TABLESAMPLE')) p.unsupported();
  return source;
}

function parseParenthesizedSource(p: TokenStream, first: Token): TableSource {
  if (isQueryInParentheses(p)) {
    p.next();
    const query = parseSubqueryBody(p);
    p.expectOperator(')');
    const { alias, columns } = parseRequiredAlias(p);
    const node: DerivedTable = { kind: 'derivedTable', query, alias, columns, ...p.span(first) };
    return node;
  }
  p.next();
  if (p.takeWord('VALUES')) {
    const rows = parseRows(p, () => parseExpression(p));
    p.expectOperator(')');
    const { alias, columns } = parseRequiredAlias(p);
    return { kind: 'valuesTable', rows, alias, columns, ...p.span(first) };
  }
  const inner = p.nest(() => parseTableSource(p));
  p.expectOperator(')');
  return { ...inner, ...p.span(first) };
}

/** (…), (…): every row as long as the first. @throws SqlError 10709 */
export function parseRows(p: TokenStream, element: () => Expression): Expression[][] {
  const rows: Expression[][] = [];
  p.list(() => {
    const first = p.current;
    const row = p.parenthesized(() => p.list(element));
    if (rows[0] && row.length !== rows[0].length) p.error(10709, first);
    rows.push(row);
  });
  return rows;
}

function parseTableAlias(p: TokenStream): Identifier | undefined {
  if (p.takeWord('AS')) return p.identifier();
  return p.isIdentifier() && !p.isOneOf('USING') ? p.identifier() : undefined;
}

function parseRequiredAlias(p: TokenStream): { alias: Identifier; columns: Identifier[] } {
  p.takeWord('AS');
  const alias = p.identifier();
  const columns = p.isOperator('(') ? p.parenthesized(() => p.list(() => p.identifierOrString())) : [];
  return { alias, columns };
}

/** A table or view: name, FOR SYSTEM_TIME, alias, hints. The name is taken. */
function parseTableReference(p: TokenStream, first: Token, name: Name): TableReference {
  const systemTime = parseSystemTime(p);
  const alias = parseTableAlias(p);
  if (p.isWord('TABLESAMPLE')) p.unsupported();
  const hints = parseTableHints(p);
  return {
    kind: 'table',
    name,
    ...(alias && { alias }),
    hints,
    ...(systemTime && { systemTime }),
    ...p.span(first),
  };
}

function parseTableFunction(p: TokenStream, first: Token, name: Name): TableSource {
  const args = p.parenthesized(() => (p.isOperator(')') ? [] : p.list(() => parseExpressionOrDefault(p))));
  const isOpenJson = name.parts.length === 1 && name.parts[0]?.name.toUpperCase() === 'OPENJSON';
  const schema =
    isOpenJson && p.takeWord('WITH')
      ? p.parenthesized(() => p.list(() => parseOpenJsonColumn(p)))
      : undefined;
  const alias = parseTableAlias(p);
  const columns =
    alias && p.isOperator('(') ? p.parenthesized(() => p.list(() => p.identifierOrString())) : [];
  return {
    kind: 'tableFunction',
    name,
    arguments: args,
    ...(alias && { alias }),
    columns,
    ...(schema && { schema }),
    ...p.span(first),
  };
}

function parseOpenJsonColumn(p: TokenStream): OpenJsonColumn {
  const first = p.current;
  const name = p.identifier();
  const type = parseDataType(p);
  const path = p.current.type === 'string' ? stringValue(p) : undefined;
  const asJson = p.takeWord('AS', 'JSON');
  return {
    kind: 'openJsonColumn',
    name,
    type,
    ...(path !== undefined && { path }),
    asJson,
    ...p.span(first),
  };
}

function parseSystemTime(p: TokenStream): SystemTime | undefined {
  if (!p.takeWord('FOR', 'SYSTEM_TIME')) return undefined;
  if (p.takeWord('ALL')) return { kind: 'all' };
  if (p.takeWord('AS')) {
    p.expectWord('OF');
    return { kind: 'asOf', at: parseExpression(p) };
  }
  if (p.takeWord('CONTAINED')) {
    p.expectWord('IN');
    return p.parenthesized(() => {
      const from = parseExpression(p);
      p.expectOperator(',');
      return { kind: 'containedIn' as const, from, to: parseExpression(p) };
    });
  }
  const word = p.expectOneOf('FROM', 'BETWEEN');
  const from = parseExpression(p);
  p.expectWord(word === 'FROM' ? 'TO' : 'AND');
  return { kind: word === 'FROM' ? 'fromTo' : 'between', from, to: parseExpression(p) };
}

/** Source: Learn, "Hints (Transact-SQL) - Table". */
const tableHints: ReadonlySet<string> = new Set(
  `NOEXPAND INDEX FORCESEEK FORCESCAN HOLDLOCK NOLOCK NOWAIT PAGLOCK READCOMMITTED READCOMMITTEDLOCK READPAST READUNCOMMITTED
  REPEATABLEREAD ROWLOCK SERIALIZABLE SNAPSHOT SPATIAL_WINDOW_MAX_CELLS TABLOCK TABLOCKX UPDLOCK XLOCK KEEPIDENTITY KEEPDEFAULTS
  IGNORE_CONSTRAINTS IGNORE_TRIGGERS FASTFIRSTROW`.split(/\s+/),
);

/** `t (NOLOCK)`: the old spelling without WITH. */
function isHintList(p: TokenStream): boolean {
  const word = p.peek(1);
  return word.type === 'word' && tableHints.has(word.upper) && (p.isOperator(')', 2) || p.isOperator(',', 2));
}

/** WITH (hint, …), or the same without WITH. */
export function parseTableHints(p: TokenStream): TableHint[] {
  if (p.isWord('WITH') && !p.isOperator('(', 1)) {
    // Only a query's WITH ROLLUP or a CTE can follow; the latter means that a semicolon is missing.
    if (p.isIdentifier(1) && (p.peek(2).upper === 'AS' || p.isOperator('(', 2)))
      p.error(336, p.peek(), nearText(p.peek()));
    return [];
  }
  if (!p.takeWord('WITH') && !(p.isOperator('(') && isHintList(p))) return [];
  return p.parenthesized(() => {
    const hints = [parseTableHint(p)];
    // Commas between hints may be left out.
    while (p.takeOperator(',') || !p.isOperator(')')) hints.push(parseTableHint(p));
    return hints;
  });
}

function parseTableHint(p: TokenStream): TableHint {
  const token = p.current;
  if (token.type !== 'word') p.fail();
  if (!tableHints.has(token.upper)) {
    if (token.reserved) p.fail();
    p.error(321, token, token.value);
  }
  p.next();
  const args: string[] = [];
  const argument = (): void => {
    const value = p.current;
    if (value.type !== 'number' && !p.isIdentifier()) p.fail();
    args.push(p.next().value);
  };
  if (token.upper === 'INDEX' || token.upper === 'FORCESEEK' || token.upper === 'SPATIAL_WINDOW_MAX_CELLS') {
    if (p.takeOperator('=')) {
      if (p.isOperator('(')) p.parenthesized(() => argument());
      else argument();
    } else if (p.isOperator('(')) {
      p.parenthesized(() =>
        p.list(() => {
          argument();
          if (p.isOperator('(')) p.parenthesized(() => p.list(argument));
        }),
      );
    }
  }
  return { kind: 'tableHint', name: token.upper, arguments: args, ...p.span(token) };
}
