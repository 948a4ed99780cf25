// SET in all its meanings: variables, session options, isolation level, IDENTITY_INSERT.
import type {
  Expression,
  SetIdentityInsert,
  SetIsolationLevel,
  SetOption,
  SetValue,
  SetVariable,
} from './ast.ts';
import { parseCursorDefinition } from './parseCursor.ts';
import { parseExpression } from './parseExpression.ts';
import { takeAssignment } from './parseQuery.ts';
import type { TokenStream } from './tokenStream.ts';
import type { Token } from './tokens.ts';

/** Source: Learn, "SET statements (Transact-SQL)". */
const switches: ReadonlySet<string> = new Set(
  `ANSI_DEFAULTS ANSI_NULL_DFLT_OFF ANSI_NULL_DFLT_ON ANSI_NULLS ANSI_PADDING ANSI_WARNINGS ARITHABORT ARITHIGNORE
  CONCAT_NULL_YIELDS_NULL CURSOR_CLOSE_ON_COMMIT FMTONLY FORCEPLAN IMPLICIT_TRANSACTIONS NOCOUNT NOEXEC NO_BROWSETABLE
  NUMERIC_ROUNDABORT PARSEONLY QUOTED_IDENTIFIER REMOTE_PROC_TRANSACTIONS SHOWPLAN_ALL SHOWPLAN_TEXT SHOWPLAN_XML
  XACT_ABORT`.split(/\s+/),
);
const valued: ReadonlySet<string> = new Set(
  `CONTEXT_INFO DATEFIRST DATEFORMAT DEADLOCK_PRIORITY LANGUAGE LOCK_TIMEOUT QUERY_GOVERNOR_COST_LIMIT ROWCOUNT
  TEXTSIZE`.split(/\s+/),
);

export function parseSet(
  p: TokenStream,
): SetVariable | SetOption | SetIsolationLevel | SetIdentityInsert | SetValue {
  const first = p.next();
  if (p.current.type === 'variable') return parseSetVariable(p, first);
  if (p.takeWord('TRANSACTION')) return parseIsolationLevel(p, first);
  if (p.takeWord('IDENTITY_INSERT')) {
    const table = p.name();
    return { kind: 'setIdentityInsert', table, on: takeSwitch(p), ...p.span(first) };
  }
  const token = p.current;
  if (token.type !== 'word') p.fail();
  if (valued.has(token.upper)) {
    p.next();
    return { kind: 'setValue', option: token.upper, value: parseOptionValue(p), ...p.span(first) };
  }
  const options = p.list(() => parseSwitchName(p));
  return { kind: 'setOption', options, on: takeSwitch(p), ...p.span(first) };
}

function takeSwitch(p: TokenStream): boolean {
  return p.expectOneOf('ON', 'OFF') === 'ON';
}

function parseSwitchName(p: TokenStream): string {
  const token = p.current;
  if (p.takeWord('STATISTICS')) {
    return `STATISTICS ${p.expectOneOf('IO', 'TIME', 'XML', 'PROFILE')}`;
  }
  if (token.type !== 'word') p.fail();
  if (p.isOneOf('OFFSETS', 'FIPS_FLAGGER')) p.unsupported();
  if (!switches.has(token.upper)) {
    if (token.reserved) p.fail();
    p.error(195, token, token.value, 'SET option');
  }
  p.next();
  return token.upper;
}

/** A number with its sign, a string, a variable, or a bare word as a string. */
function parseOptionValue(p: TokenStream): Expression {
  const token = p.current;
  if (token.type === 'word' && !token.reserved) {
    p.next();
    return { kind: 'string', value: token.value, national: false, ...p.span(token) };
  }
  return parseExpression(p);
}

function parseSetVariable(p: TokenStream, first: Token): SetVariable {
  const variable = p.next().value;
  if (p.isOperator('.')) p.unsupported(`${variable}.${p.peek().value}`);
  const operator = takeAssignment(p) ?? p.fail();
  const isCursor = operator === '=' && p.isWord('CURSOR');
  const value = isCursor ? parseCursorDefinition(p) : parseExpression(p);
  return { kind: 'setVariable', variable, operator, value, ...p.span(first) };
}

function parseIsolationLevel(p: TokenStream, first: Token): SetIsolationLevel {
  p.expectWord('ISOLATION', 'LEVEL');
  return { kind: 'setIsolationLevel', level: takeLevel(p), ...p.span(first) };
}

function takeLevel(p: TokenStream): SetIsolationLevel['level'] {
  if (p.takeWord('SERIALIZABLE')) return 'serializable';
  if (p.takeWord('SNAPSHOT')) return 'snapshot';
  if (p.takeWord('REPEATABLE')) {
    p.expectWord('READ');
    return 'repeatable read';
  }
  p.expectWord('READ');
  return p.expectOneOf('COMMITTED', 'UNCOMMITTED') === 'COMMITTED' ? 'read committed' : 'read uncommitted';
}
