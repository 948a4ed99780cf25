// CREATE USER … FROM EXTERNAL PROVIDER for a server that cannot ask the directory: the same statement with SID and TYPE.
import { SqlError } from '../contract.ts';
import { guidBytes } from '../tds/guid.ts';
import type { CreateUser } from '../tsql/ast.ts';
import { parseBatch } from '../tsql/parser.ts';

/** What the directory knows of a principal. */
export interface ExternalPrincipal {
  kind: 'user' | 'group' | 'application';
  /** Object id of a user or group, application (client) id of an application or managed identity: the SID is made of it. */
  sidGuid: string;
}

export interface PrincipalDirectory {
  /** By UPN, display name, or (WITH OBJECT_ID) object id; all principals that match. */
  find(name: string, objectId: string | undefined): ExternalPrincipal[];
}

/**
 * `text` with every FROM EXTERNAL PROVIDER rewritten; the same text when there is none or when it does not parse (the upstream server
 * then says what is wrong with it). Statements inside EXEC('…') are data here and stay as they are.
 * @throws SqlError 33130 for an unknown and 33131 for an ambiguous name, 33159 when `entra` is false.
 */
export function rewriteExternalUsers(text: string, directory: PrincipalDirectory, entra: boolean): string {
  if (!/external\s+provider/i.test(text)) return text;
  let statements: unknown;
  try {
    ({ statements } = parseBatch(text));
  } catch (error) {
    if (error instanceof SqlError) return text;
    throw error;
  }
  let rewritten = text;
  // From the end, so that offsets before it stay true.
  for (const user of externalUsers(statements).sort((a, b) => b.start - a.start)) {
    rewritten = rewritten.slice(0, user.start) + sidForm(user, directory, entra) + rewritten.slice(user.end);
  }
  return rewritten;
}

type ExternalUser = CreateUser & { source: { kind: 'externalProvider'; objectId?: string } };

function externalUsers(node: unknown): ExternalUser[] {
  if (typeof node !== 'object' || node === null) return [];
  if (isExternalUser(node)) return [node];
  return Object.values(node).flatMap((child) => externalUsers(child));
}

function isExternalUser(node: object): node is ExternalUser {
  return (
    'kind' in node && node.kind === 'createUser' && (node as CreateUser).source.kind === 'externalProvider'
  );
}

function sidForm(user: ExternalUser, directory: PrincipalDirectory, entra: boolean): string {
  const name = user.name.name;
  const fail = (number: number, message: string): never => {
    throw new SqlError({ number, state: 1, class: 16, message, line: user.line });
  };
  if (!entra) {
    fail(
      33_159,
      `Principal '${name}' could not be created. Only connections established with Active Directory accounts can create other Active Directory users.`,
    );
  }
  const [found, another] = directory.find(name, user.source.objectId);
  if (!found) {
    return fail(33_130, `Principal '${name}' could not be found or this principal type is not supported.`);
  }
  if (another)
    fail(
      33_131,
      `Principal '${name}' has a duplicate display name. Make the display name unique in Azure Active Directory and execute this statement again.`,
    );
  const sid = `0x${guidBytes(found.sidGuid).toString('hex').toUpperCase()}`;
  const schema = user.defaultSchema ? `, DEFAULT_SCHEMA = ${quoteName(user.defaultSchema.name)}` : '';
  const type = found.kind === 'group' ? 'X' : 'E';
  return `CREATE USER ${quoteName(name)} WITH SID = ${sid}, TYPE = ${type}${schema}`;
}

function quoteName(name: string): string {
  return `[${name.replaceAll(']', ']]')}]`;
}
