// EXECUTE in its three meanings: a procedure, a text, a change of the security context.
import type {
  Execute,
  ExecuteArgument,
  ExecuteAs,
  ExecuteText,
  Expression,
  Name,
  VariableReference,
} from './ast.ts';
import { parseExpression } from './parseExpression.ts';
import { stringValue } from './parseQuery.ts';
import type { TokenStream } from './tokenStream.ts';
import type { Token } from './tokens.ts';

/** EXEC or EXECUTE is next. */
export function parseExecute(p: TokenStream): Execute | ExecuteText | ExecuteAs {
  const first = p.next();
  if (p.isOperator('(')) return parseExecuteText(p, first);
  if (p.takeWord('AS')) return parseExecuteAs(p, first);
  let status: string | undefined;
  if (p.current.type === 'variable' && p.isOperator('=', 1)) {
    status = p.next().value;
    p.next();
  }
  return parseExecuteProcedure(p, first, status);
}

/** From the procedure's name on; also for a batch that begins with it, without EXEC. */
export function parseExecuteProcedure(p: TokenStream, first: Token, status?: string): Execute {
  const procedure = parseProcedureName(p);
  const args = startsArgument(p) ? p.list(() => parseArgument(p)) : [];
  const options: string[] = [];
  if (p.takeWord('WITH')) {
    if (!p.isWord('RECOMPILE')) p.unsupported(p.isWord('RESULT') ? 'RESULT SETS' : p.current.value);
    options.push(p.next().upper);
  }
  if (p.isWord('AT') && (p.isIdentifier(1) || p.peek().upper === 'DATA_SOURCE')) p.unsupported();
  return {
    kind: 'execute',
    ...(status && { status }),
    procedure,
    arguments: args,
    options,
    ...p.span(first),
  };
}

function parseProcedureName(p: TokenStream): Name | VariableReference {
  const token = p.current;
  if (token.type !== 'variable') return p.name();
  p.next();
  return { kind: 'variable', name: token.value, ...p.span(token) };
}

function startsArgument(p: TokenStream): boolean {
  const token = p.current;
  switch (token.type) {
    case 'end':
      return false;
    case 'operator':
      return token.upper === '-' || token.upper === '+';
    case 'word':
      if (token.upper === 'AT' && p.isIdentifier(1)) return false;
      return !token.reserved || token.upper === 'NULL' || token.upper === 'DEFAULT';
    default:
      return true;
  }
}

function parseArgument(p: TokenStream): ExecuteArgument {
  const first = p.current;
  let name: string | undefined;
  if (first.type === 'variable' && p.isOperator('=', 1)) {
    name = first.value;
    p.next();
    p.next();
  }
  const value = parseArgumentValue(p);
  const output = p.takeOneOf('OUTPUT', 'OUT') !== undefined;
  return { kind: 'executeArgument', ...(name && { name }), value, output, ...p.span(first) };
}

/** A constant with a sign, a variable, NULL, DEFAULT, or a bare word, which means the string of that name: no expressions. */
export function parseArgumentValue(p: TokenStream): Expression {
  const token = p.current;
  switch (token.type) {
    case 'word':
      if (p.takeWord('NULL')) return { kind: 'null', ...p.span(token) };
      if (p.takeWord('DEFAULT')) return { kind: 'default', ...p.span(token) };
      return bareWord(p, token);
    case 'quoted':
      return bareWord(p, token);
    case 'operator': {
      const operator = token.upper === '-' ? '-' : '+';
      if (token.upper !== '-' && token.upper !== '+') p.fail();
      p.next();
      const operand = p.current.type === 'number' || p.current.type === 'money' ? parseConstant(p) : p.fail();
      return { kind: 'unary', operator, operand, ...p.span(token) };
    }
    default:
      return parseConstant(p);
  }
}

function bareWord(p: TokenStream, token: Token): Expression {
  const { name } = p.identifier();
  return { kind: 'string', value: name, national: true, ...p.span(token) };
}

export function parseConstant(p: TokenStream): Expression {
  const token = p.current;
  switch (token.type) {
    case 'number':
    case 'money': {
      p.next();
      const decimal = token.value.includes('.') ? 'decimal' : 'integer';
      const form = token.type === 'money' ? 'money' : /e/i.test(token.value) ? 'float' : decimal;
      return { kind: 'number', form, text: token.value, ...p.span(token) };
    }
    case 'string':
      p.next();
      return { kind: 'string', value: token.value, national: token.national, ...p.span(token) };
    case 'binary':
      p.next();
      return { kind: 'binary', hex: token.value, ...p.span(token) };
    case 'variable':
      p.next();
      return { kind: 'variable', name: token.value, ...p.span(token) };
    case 'global':
      p.next();
      return { kind: 'global', name: token.value.toUpperCase(), ...p.span(token) };
    default:
      return p.fail();
  }
}

/** EXEC ('…' + @v): strings and variables joined by +, nothing else. */
function parseExecuteText(p: TokenStream, first: Token): ExecuteText {
  const parts = p.parenthesized(() => {
    const pieces: Expression[] = [];
    do {
      if (p.current.type !== 'string' && p.current.type !== 'variable') p.fail();
      pieces.push(parseConstant(p));
    } while (p.takeOperator('+'));
    return pieces;
  });
  let asUser: string | undefined;
  if (p.takeWord('AS')) {
    if (p.isWord('LOGIN')) p.unsupported();
    p.expectWord('USER');
    p.expectOperator('=');
    asUser = stringValue(p);
  }
  if (p.isWord('AT') && (p.isIdentifier(1) || p.peek().upper === 'DATA_SOURCE')) p.unsupported();
  if (p.isWord('WITH', 'RESULT')) p.unsupported('RESULT SETS');
  return { kind: 'executeText', parts, ...(asUser !== undefined && { asUser }), ...p.span(first) };
}

function parseExecuteAs(p: TokenStream, first: Token): ExecuteAs {
  const context = parseContext(p);
  let noRevert = false;
  let cookie: string | undefined;
  if (p.takeWord('WITH')) {
    if (p.takeWord('NO')) {
      p.expectWord('REVERT');
      noRevert = true;
    } else {
      p.expectWord('COOKIE', 'INTO');
      if (p.current.type !== 'variable') p.fail();
      cookie = p.next().value;
    }
  }
  return { kind: 'executeAs', context, noRevert, ...(cookie && { cookie }), ...p.span(first) };
}

function parseContext(p: TokenStream): ExecuteAs['context'] {
  if (p.takeWord('CALLER')) return { kind: 'caller' };
  if (p.takeWord('SELF')) return { kind: 'self' };
  if (p.takeWord('OWNER')) return { kind: 'owner' };
  const word = p.expectOneOf('USER', 'LOGIN');
  p.expectOperator('=');
  const name = parseExpression(p);
  return word === 'USER' ? { kind: 'user', user: name } : { kind: 'login', login: name };
}
