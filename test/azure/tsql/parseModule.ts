// CREATE, CREATE OR ALTER and ALTER of views, procedures, functions and triggers. A module is all of its batch.
import type {
  CreateFunction,
  CreateProcedure,
  CreateTrigger,
  CreateView,
  ModuleExecuteAs,
  ModuleVerb,
  Name,
  Parameter,
} from './ast.ts';
import { parseDataType } from './parseDataType.ts';
import { parseParameter } from './parseParameter.ts';
import { parseCommonTables, parseQuery, stringValue } from './parseQuery.ts';
import { parseBlock, parseStatements } from './parseStatement.ts';
import { parseTableElements } from './parseTableElement.ts';
import type { TokenStream } from './tokenStream.ts';
import type { Token } from './tokens.ts';

type Module = CreateView | CreateProcedure | CreateFunction | CreateTrigger;

interface ModuleOptions {
  options: string[];
  executeAs?: ModuleExecuteAs;
}

/** The verb is taken; undefined when no module follows. `first` is CREATE or ALTER. */
export function parseModule(
  p: TokenStream,
  first: Token,
  verb: ModuleVerb,
  isFirst: boolean,
): Module | undefined {
  const word = p.current;
  if (!p.isOneOf('VIEW', 'PROCEDURE', 'PROC', 'FUNCTION', 'TRIGGER')) return undefined;
  if (!isFirst) {
    // Inside IF or BEGIN the keyword itself is what does not belong there.
    if (p.blocks > 0) p.fail();
    const kind = word.upper === 'PROC' ? 'PROCEDURE' : word.upper;
    const verbs = kind === 'PROCEDURE' ? 'CREATE/ALTER' : verb === 'alter' ? 'ALTER' : 'CREATE';
    p.error(111, first, `${verbs} ${kind}`);
  }
  p.next();
  p.terminated = true;
  switch (word.upper) {
    case 'VIEW':
      return parseView(p, first, verb);
    case 'FUNCTION':
      return p.module('function', () => parseFunctionDefinition(p, first, verb));
    case 'TRIGGER':
      return p.module('trigger', () => parseTrigger(p, first, verb));
    default:
      return p.module('procedure', () => parseProcedure(p, first, verb));
  }
}

/** A module's name has no database before it. @throws SqlError 166 */
function parseModuleName(p: TokenStream, kind: string): Name {
  const token = p.current;
  const name = p.name();
  if (name.parts.length > 2) p.error(166, token, kind);
  return name;
}

/** Nothing follows a module in its batch but a semicolon. */
function expectEnd(p: TokenStream): void {
  while (p.takeOperator(';'));
  if (p.current.type !== 'end') p.fail();
}

function parseModuleOptions(p: TokenStream, allowed: readonly string[]): ModuleOptions {
  const result: ModuleOptions = { options: [] };
  if (!p.takeWord('WITH')) return result;
  p.list(() => {
    if (p.isOneOf('EXEC', 'EXECUTE')) {
      if (!allowed.includes('EXECUTE AS')) p.fail();
      p.next();
      p.expectWord('AS');
      result.executeAs = parseModuleContext(p);
      return;
    }
    // RECOMPILE, INLINE and VIEW_METADATA are about plans and a mode of reading (FOR BROWSE) that is refused.
    const option = allowed.find((words) => p.takeWord(...words.split(' ')));
    if (option === undefined) {
      if (p.current.type === 'word' && !p.current.reserved) p.unsupported();
      p.fail();
    }
    result.options.push(option);
    if (option === 'INLINE') {
      p.expectOperator('=');
      p.expectOneOf('ON', 'OFF');
    }
  });
  return result;
}

function parseModuleContext(p: TokenStream): ModuleExecuteAs {
  if (p.current.type === 'string') return { kind: 'user', user: stringValue(p) };
  const contexts = { CALLER: 'caller', SELF: 'self', OWNER: 'owner' } as const;
  return { kind: contexts[p.expectOneOf('CALLER', 'SELF', 'OWNER')] };
}

function parseView(p: TokenStream, first: Token, verb: ModuleVerb): CreateView {
  const name = parseModuleName(p, 'CREATE/ALTER VIEW');
  const columns = p.isOperator('(') ? p.parenthesized(() => p.list(() => p.identifier())) : [];
  const { options } = parseModuleOptions(p, ['SCHEMABINDING', 'VIEW_METADATA']);
  p.expectWord('AS');
  const commonTables = parseCommonTables(p);
  const query = parseQuery(p);
  const checkOption = p.isWord('WITH', 'CHECK');
  if (checkOption) p.expectWord('WITH', 'CHECK', 'OPTION');
  const span = p.span(first);
  expectEnd(p);
  return {
    kind: 'createView',
    verb,
    name,
    columns,
    options,
    with: commonTables,
    query,
    checkOption,
    text: p.textOf(span),
    ...span,
  };
}

function parseProcedure(p: TokenStream, first: Token, verb: ModuleVerb): CreateProcedure {
  const name = parseModuleName(p, 'CREATE/ALTER PROCEDURE');
  const parameters = parseProcedureParameters(p);
  const module = parseModuleOptions(p, ['RECOMPILE', 'EXECUTE AS']);
  if (p.isWord('FOR', 'REPLICATION')) p.unsupported('REPLICATION');
  p.expectWord('AS');
  if (p.isWord('EXTERNAL')) p.unsupported('EXTERNAL NAME');
  const body = parseStatements(p);
  if (body.length === 0 || p.current.type !== 'end') p.fail();
  const span = p.span(first);
  return { kind: 'createProcedure', verb, name, parameters, ...module, body, text: p.textOf(span), ...span };
}

function parseProcedureParameters(p: TokenStream): Parameter[] {
  if (p.isOperator('(')) return p.parenthesized(() => p.list(() => parseParameter(p)));
  return p.current.type === 'variable' ? p.list(() => parseParameter(p)) : [];
}

function parseFunctionDefinition(p: TokenStream, first: Token, verb: ModuleVerb): CreateFunction {
  const name = parseModuleName(p, 'CREATE FUNCTION');
  const parameters = p.parenthesized(() => (p.isOperator(')') ? [] : p.list(() => parseParameter(p))));
  p.expectWord('RETURNS');
  const { module, returns } = parseReturns(p);
  const span = p.span(first);
  expectEnd(p);
  return {
    kind: 'createFunction',
    verb,
    name,
    parameters,
    ...module,
    returns,
    text: p.textOf(span),
    ...span,
  };
}

const functionOptions = ['SCHEMABINDING', 'CALLED ON NULL INPUT', 'INLINE', 'EXECUTE AS'] as const;

function parseReturns(p: TokenStream): { module: ModuleOptions; returns: CreateFunction['returns'] } {
  if (p.takeWord('TABLE')) {
    const module = parseModuleOptions(p, functionOptions);
    p.takeWord('AS');
    if (p.isWord('EXTERNAL')) p.unsupported('EXTERNAL NAME');
    p.expectWord('RETURN');
    return { module, returns: parseInlineReturn(p) };
  }
  if (p.current.type === 'variable') {
    const variable = p.next().value;
    p.expectWord('TABLE');
    const elements = parseTableElements(p);
    const module = parseModuleOptions(p, functionOptions);
    p.takeWord('AS');
    return { module, returns: { kind: 'table', variable, elements, body: parseBlock(p) } };
  }
  const type = parseDataType(p);
  const module = parseModuleOptions(p, functionOptions);
  p.takeWord('AS');
  if (p.isWord('EXTERNAL')) p.unsupported('EXTERNAL NAME');
  return { module, returns: { kind: 'scalar', type, body: parseBlock(p) } };
}

/** RETURN is taken: a query, usually in parentheses, which may then begin with its CTEs. */
function parseInlineReturn(p: TokenStream): CreateFunction['returns'] {
  if (p.isOperator('(') && (p.peek().upper === 'WITH' || p.peek().upper === 'SELECT')) {
    return p.parenthesized(() => ({ kind: 'inline', with: parseCommonTables(p), query: parseQuery(p) }));
  }
  return { kind: 'inline', with: parseCommonTables(p), query: parseQuery(p) };
}

function parseTrigger(p: TokenStream, first: Token, verb: ModuleVerb): CreateTrigger {
  const name = parseModuleName(p, 'CREATE/ALTER TRIGGER');
  p.expectWord('ON');
  if (p.isWord('ALL', 'SERVER')) p.unsupported('SERVER');
  const target = p.takeWord('DATABASE') ? 'database' : p.name();
  const module = parseModuleOptions(p, ['EXECUTE AS']);
  const word = p.expectOneOf('FOR', 'AFTER', 'INSTEAD');
  if (word === 'INSTEAD') p.expectWord('OF');
  const events = p.list(() => {
    if (target === 'database') return p.identifier().name.toUpperCase();
    return p.expectOneOf('INSERT', 'UPDATE', 'DELETE');
  });
  if (p.isWord('NOT', 'FOR', 'REPLICATION')) p.unsupported('REPLICATION');
  p.expectWord('AS');
  const body = parseStatements(p);
  if (body.length === 0 || p.current.type !== 'end') p.fail();
  const span = p.span(first);
  return {
    kind: 'createTrigger',
    verb,
    name,
    target,
    timing: word === 'INSTEAD' ? 'insteadOf' : 'after',
    events,
    ...module,
    body,
    text: p.textOf(span),
    ...span,
  };
}
