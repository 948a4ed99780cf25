// Users, logins, roles and permissions.
import type {
  AlterAuthorization,
  AlterLogin,
  AlterRole,
  AlterUser,
  CreateLogin,
  CreateRole,
  CreateUser,
  Deny,
  DropPrincipal,
  Grant,
  Identifier,
  Permission,
  Revert,
  Revoke,
} from './ast.ts';
import { parseSecurable } from './parseSecurable.ts';
import { stringValue } from './parseQuery.ts';
import type { TokenStream } from './tokenStream.ts';
import type { Token } from './tokens.ts';

function binaryValue(p: TokenStream): string {
  if (p.current.type !== 'binary') p.fail();
  return p.next().value;
}

/** A principal's name; `public` is a reserved word and a role, DBO and SYS are ordinary names. */
function parsePrincipal(p: TokenStream): Identifier {
  return p.identifierOr('PUBLIC');
}

/** CREATE is taken, USER is next. Source of the forms: Learn, CREATE USER, Azure SQL Database. */
export function parseCreateUser(p: TokenStream, first: Token): CreateUser {
  p.expectWord('USER');
  const user: CreateUser = {
    kind: 'createUser',
    name: parsePrincipal(p),
    source: { kind: 'sameName' },
    ...p.span(first),
  };
  if (p.takeWord('FROM') || p.takeWord('FOR')) {
    if (p.takeWord('EXTERNAL')) {
      p.expectWord('PROVIDER');
      user.source = { kind: 'externalProvider' };
    } else if (p.isOneOf('CERTIFICATE', 'ASYMMETRIC')) {
      p.unsupported();
    } else {
      p.expectWord('LOGIN');
      user.source = { kind: 'login', login: p.identifier() };
    }
  } else if (p.takeWord('WITHOUT')) {
    p.expectWord('LOGIN');
    user.source = { kind: 'withoutLogin' };
  }
  if (p.takeWord('WITH')) parseUserOptions(p, user);
  return { ...user, ...p.span(first) };
}

function parseUserOptions(p: TokenStream, user: CreateUser): void {
  let sid: string | undefined;
  let type: string | undefined;
  let password: string | undefined;
  const start = p.current;
  p.list(() => {
    const token = p.current;
    const word = p.takeOneOf(
      'DEFAULT_SCHEMA',
      'DEFAULT_LANGUAGE',
      'ALLOW_ENCRYPTED_VALUE_MODIFICATIONS',
      'OBJECT_ID',
      'SID',
      'TYPE',
      'PASSWORD',
    );
    if (!word) p.fail();
    p.expectOperator('=');
    switch (word) {
      case 'DEFAULT_SCHEMA':
        user.defaultSchema = p.identifier();
        break;
      case 'DEFAULT_LANGUAGE':
      case 'ALLOW_ENCRYPTED_VALUE_MODIFICATIONS':
        p.unsupported(word, token);
      case 'OBJECT_ID':
        if (user.source.kind !== 'externalProvider') p.fail(token);
        user.source = { kind: 'externalProvider', objectId: stringValue(p) };
        break;
      case 'SID':
        sid = binaryValue(p);
        break;
      case 'TYPE':
        type = p.identifier().name;
        break;
      case 'PASSWORD':
        password = stringValue(p);
        if (p.isOneOf('HASHED', 'MUST_CHANGE')) p.unsupported();
        break;
    }
  });
  if (password !== undefined) {
    if (user.source.kind !== 'sameName') p.fail(start);
    user.source = { kind: 'password', password, ...(sid !== undefined && type === undefined && { sid }) };
    if (type === undefined) return;
  } else if (user.source.kind === 'sameName' && sid !== undefined && type !== undefined) {
    user.source = { kind: 'sid', sid, type };
    return;
  }
  if (sid === undefined && type === undefined) return;
  user.misplaced = { ...(sid !== undefined && { sid }), ...(type !== undefined && { type }) };
}

export function parseAlterUser(p: TokenStream, first: Token): AlterUser {
  p.expectWord('USER');
  const user: AlterUser = { kind: 'alterUser', name: p.identifier(), ...p.span(first) };
  p.expectWord('WITH');
  p.list(() => {
    const word = p.expectOneOf(
      'NAME',
      'DEFAULT_SCHEMA',
      'LOGIN',
      'PASSWORD',
      'DEFAULT_LANGUAGE',
      'ALLOW_ENCRYPTED_VALUE_MODIFICATIONS',
    );
    if (word === 'ALLOW_ENCRYPTED_VALUE_MODIFICATIONS' || word === 'DEFAULT_LANGUAGE') p.unsupported(word);
    p.expectOperator('=');
    switch (word) {
      case 'NAME':
        user.newName = p.identifier();
        break;
      case 'DEFAULT_SCHEMA':
        user.defaultSchema = p.takeWord('NULL') ? null : p.identifier();
        break;
      case 'LOGIN':
        user.login = p.identifier();
        break;
      case 'PASSWORD':
        user.password = stringValue(p);
        if (p.takeWord('OLD_PASSWORD')) {
          p.expectOperator('=');
          user.oldPassword = stringValue(p);
        }
        break;
    }
  });
  return { ...user, ...p.span(first) };
}

/** `NAME = value`, upper-case name; the value of a word, string, number or 0x constant as text. */
function parseLoginOption(p: TokenStream): { name: string; value: string } {
  const token = p.current;
  if (
    !p.isOneOf(
      'DEFAULT_DATABASE',
      'DEFAULT_LANGUAGE',
      'CHECK_EXPIRATION',
      'CHECK_POLICY',
      'NAME',
      'PASSWORD',
      'SID',
    )
  ) {
    if (token.type === 'word' && !token.reserved) p.unsupported();
    p.fail();
  }
  p.next();
  p.expectOperator('=');
  const value = p.current;
  if (value.type === 'binary') return { name: token.upper, value: `0x${p.next().value}` };
  if (value.type === 'string') return { name: token.upper, value: p.next().value };
  return { name: token.upper, value: p.identifierOr('ON', 'OFF').name };
}

export function parseCreateLogin(p: TokenStream, first: Token): CreateLogin {
  p.expectWord('LOGIN');
  const name = p.identifier();
  if (p.takeWord('FROM')) {
    if (!p.isWord('EXTERNAL')) p.unsupported();
    p.expectWord('EXTERNAL', 'PROVIDER');
    let objectId: string | undefined;
    const options: { name: string; value: string }[] = [];
    if (p.takeWord('WITH')) {
      p.list(() => {
        if (p.takeWord('OBJECT_ID')) {
          p.expectOperator('=');
          objectId = stringValue(p);
        } else {
          options.push(parseLoginOption(p));
        }
      });
    }
    const source = { kind: 'externalProvider' as const, ...(objectId !== undefined && { objectId }) };
    return { kind: 'createLogin', name, source, options, ...p.span(first) };
  }
  p.expectWord('WITH', 'PASSWORD');
  p.expectOperator('=');
  const password = stringValue(p);
  if (p.isOneOf('HASHED', 'MUST_CHANGE')) p.unsupported();
  let sid: string | undefined;
  const options: { name: string; value: string }[] = [];
  while (p.takeOperator(',')) {
    if (p.takeWord('SID')) {
      p.expectOperator('=');
      sid = binaryValue(p);
    } else {
      options.push(parseLoginOption(p));
    }
  }
  const source = { kind: 'password' as const, password, ...(sid !== undefined && { sid }) };
  return { kind: 'createLogin', name, source, options, ...p.span(first) };
}

export function parseAlterLogin(p: TokenStream, first: Token): AlterLogin {
  p.expectWord('LOGIN');
  const name = p.identifier();
  if (p.takeWord('ENABLE')) return { kind: 'alterLogin', name, action: { kind: 'enable' }, ...p.span(first) };
  if (p.takeWord('DISABLE'))
    return { kind: 'alterLogin', name, action: { kind: 'disable' }, ...p.span(first) };
  p.expectWord('WITH');
  const options = p.list(() => parseLoginOption(p));
  return { kind: 'alterLogin', name, action: { kind: 'with', options }, ...p.span(first) };
}

export function parseCreateRole(p: TokenStream, first: Token): CreateRole {
  p.expectWord('ROLE');
  const name = p.identifier();
  const owner = p.takeWord('AUTHORIZATION') ? parsePrincipal(p) : undefined;
  return { kind: 'createRole', name, ...(owner && { owner }), ...p.span(first) };
}

/** ALTER is taken; [SERVER] ROLE is next. */
export function parseAlterRole(p: TokenStream, first: Token): AlterRole {
  const server = p.takeWord('SERVER');
  p.expectWord('ROLE');
  const name = parsePrincipal(p);
  const action = parseRoleAction(p);
  return { kind: 'alterRole', server, name, action, ...p.span(first) };
}

function parseRoleAction(p: TokenStream): AlterRole['action'] {
  if (p.takeWord('ADD')) {
    p.expectWord('MEMBER');
    return { kind: 'addMember', member: parsePrincipal(p) };
  }
  if (p.takeWord('DROP')) {
    p.expectWord('MEMBER');
    return { kind: 'dropMember', member: parsePrincipal(p) };
  }
  p.expectWord('WITH', 'NAME');
  p.expectOperator('=');
  return { kind: 'rename', to: p.identifier() };
}

/** DROP is taken; USER, ROLE or LOGIN is next. */
export function parseDropPrincipal(p: TokenStream, first: Token): DropPrincipal {
  const principals = { USER: 'user', ROLE: 'role', LOGIN: 'login' } as const;
  const principal = principals[p.expectOneOf('USER', 'ROLE', 'LOGIN')];
  const ifExists = principal !== 'login' && p.takeWord('IF', 'EXISTS');
  const name = parsePrincipal(p);
  return { kind: 'dropPrincipal', principal, ifExists, name, ...p.span(first) };
}

/** The words of one permission: everything up to a comma, a column list, ON, TO or FROM. */
function parsePermission(p: TokenStream): Permission {
  const first = p.current;
  const words: string[] = [];
  while (p.current.type === 'word' && !p.isOneOf('ON', 'TO', 'FROM')) words.push(p.next().upper);
  if (words.length === 0) p.fail();
  if (words[0] === 'EXEC') words[0] = 'EXECUTE';
  if (words[0] === 'ALL' && words[1] === 'PRIVILEGES') words.pop();
  const columns = p.isOperator('(') ? p.parenthesized(() => p.list(() => p.identifier())) : [];
  return { kind: 'permission', name: words.join(' '), columns, ...p.span(first) };
}

function parseAs(p: TokenStream): Identifier | undefined {
  return p.takeWord('AS') ? parsePrincipal(p) : undefined;
}

export function parseGrant(p: TokenStream): Grant {
  const first = p.next();
  const permissions = p.list(() => parsePermission(p));
  const on = p.takeWord('ON') ? parseSecurable(p) : undefined;
  p.expectWord('TO');
  const to = p.list(() => parsePrincipal(p));
  let withGrantOption = false;
  if (p.isWord('WITH', 'GRANT')) {
    p.expectWord('WITH', 'GRANT', 'OPTION');
    withGrantOption = true;
  }
  const as = parseAs(p);
  return {
    kind: 'grant',
    permissions,
    ...(on && { on }),
    to,
    withGrantOption,
    ...(as && { as }),
    ...p.span(first),
  };
}

export function parseDeny(p: TokenStream): Deny {
  const first = p.next();
  const permissions = p.list(() => parsePermission(p));
  const on = p.takeWord('ON') ? parseSecurable(p) : undefined;
  p.expectWord('TO');
  const to = p.list(() => parsePrincipal(p));
  const cascade = p.takeWord('CASCADE');
  const as = parseAs(p);
  return { kind: 'deny', permissions, ...(on && { on }), to, cascade, ...(as && { as }), ...p.span(first) };
}

export function parseRevoke(p: TokenStream): Revoke {
  const first = p.next();
  const grantOptionFor = p.takeWord('GRANT', 'OPTION', 'FOR');
  const permissions = p.list(() => parsePermission(p));
  const on = p.takeWord('ON') ? parseSecurable(p) : undefined;
  p.expectOneOf('FROM', 'TO');
  const from = p.list(() => parsePrincipal(p));
  const cascade = p.takeWord('CASCADE');
  const as = parseAs(p);
  return {
    kind: 'revoke',
    grantOptionFor,
    permissions,
    ...(on && { on }),
    from,
    cascade,
    ...(as && { as }),
    ...p.span(first),
  };
}

export function parseAlterAuthorization(p: TokenStream, first: Token): AlterAuthorization {
  p.expectWord('AUTHORIZATION', 'ON');
  const on = parseSecurable(p);
  p.expectWord('TO');
  const to = p.takeWord('SCHEMA', 'OWNER') ? null : parsePrincipal(p);
  return { kind: 'alterAuthorization', on, to, ...p.span(first) };
}

export function parseRevert(p: TokenStream): Revert {
  const first = p.next();
  if (!p.takeWord('WITH')) return { kind: 'revert', ...p.span(first) };
  p.expectWord('COOKIE');
  p.expectOperator('=');
  if (p.current.type !== 'variable') p.fail();
  const cookie = p.next().value;
  return { kind: 'revert', cookie, ...p.span(first) };
}
