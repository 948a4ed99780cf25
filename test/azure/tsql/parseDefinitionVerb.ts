// CREATE, ALTER and DROP: which object it is about.
import type { Statement } from './ast.ts';
import {
  parseAlterDatabase,
  parseAlterIndex,
  parseAlterSchema,
  parseAlterSequence,
  parseCreateDatabase,
  parseCreateIndex,
  parseCreateSchema,
  parseCreateSequence,
  parseCreateSynonym,
  parseCreateType,
  parseDropIndex,
  parseDropObject,
} from './parseDefinition.ts';
import { parseModule } from './parseModule.ts';
import {
  parseAlterAuthorization,
  parseAlterLogin,
  parseAlterRole,
  parseAlterUser,
  parseCreateLogin,
  parseCreateRole,
  parseCreateUser,
  parseDropPrincipal,
} from './parseSecurity.ts';
import { parseAlterTable, parseCreateTable } from './parseTable.ts';
import type { TokenStream } from './tokenStream.ts';

/** First words of objects that SQL Server knows and this server does not offer. */
const unsupportedObjects: ReadonlySet<string> = new Set(
  `AGGREGATE APPLICATION ASSEMBLY ASYMMETRIC AVAILABILITY BROKER CERTIFICATE COLUMN COLUMNSTORE CONTRACT CREDENTIAL CRYPTOGRAPHIC
  DEFAULT ENDPOINT EVENT EXTERNAL FEDERATION FULLTEXT JSON MASTER MESSAGE PARTITION PRIMARY QUEUE REMOTE RESOURCE ROUTE RULE
  SEARCH SECURITY SELECTIVE SERVER SERVICE SIGNATURE SPATIAL SYMMETRIC VECTOR WORKLOAD XML SENSITIVITY COUNTER`.split(
    /\s+/,
  ),
);

/** @throws SqlError 40510 for what is known and not offered, 343 or 156 for the rest. */
function refuseObject(p: TokenStream, verb: string): never {
  const token = p.current;
  if (token.type !== 'word') p.fail();
  if (unsupportedObjects.has(token.upper)) {
    const second = p.peek();
    const what =
      second.type === 'word' && !p.isOperator('.', 2) ? `${token.upper} ${second.upper}` : token.upper;
    p.error(40510, token, `${verb} ${what}`);
  }
  if (token.reserved) p.fail();
  p.error(343, token, token.value);
}

export function parseCreate(p: TokenStream, isFirst: boolean): Statement {
  const first = p.next();
  const orAlter = p.takeWord('OR', 'ALTER');
  const module = parseModule(p, first, orAlter ? 'createOrAlter' : 'create', isFirst);
  if (module) return module;
  if (orAlter) p.fail();
  switch (p.current.type === 'word' ? p.current.upper : '') {
    case 'TABLE':
      return parseCreateTable(p, first);
    case 'UNIQUE':
    case 'CLUSTERED':
    case 'NONCLUSTERED':
    case 'INDEX':
      return parseCreateIndex(p, first);
    case 'SCHEMA':
      if (!isFirst) {
        if (p.blocks > 0) p.fail();
        p.error(111, first, 'CREATE SCHEMA');
      }
      return parseCreateSchema(p, first);
    case 'SEQUENCE':
      return parseCreateSequence(p, first);
    case 'TYPE':
      return parseCreateType(p, first);
    case 'SYNONYM':
      return parseCreateSynonym(p, first);
    case 'STATISTICS':
      return p.unsupported();
    case 'DATABASE':
      return parseCreateDatabase(p, first);
    case 'USER':
      return parseCreateUser(p, first);
    case 'LOGIN':
      return parseCreateLogin(p, first);
    case 'ROLE':
      return parseCreateRole(p, first);
    default:
      return refuseObject(p, 'CREATE');
  }
}

export function parseAlter(p: TokenStream, isFirst: boolean): Statement {
  const first = p.next();
  const module = parseModule(p, first, 'alter', isFirst);
  if (module) return module;
  switch (p.current.type === 'word' ? p.current.upper : '') {
    case 'TABLE':
      return parseAlterTable(p, first);
    case 'INDEX':
      return parseAlterIndex(p, first);
    case 'SCHEMA':
      return parseAlterSchema(p, first);
    case 'SEQUENCE':
      return parseAlterSequence(p, first);
    case 'DATABASE':
      return parseAlterDatabase(p, first);
    case 'USER':
      return parseAlterUser(p, first);
    case 'LOGIN':
      return parseAlterLogin(p, first);
    case 'ROLE':
      return parseAlterRole(p, first);
    case 'SERVER':
      if (p.peek().upper === 'ROLE') return parseAlterRole(p, first);
      return refuseObject(p, 'ALTER');
    case 'AUTHORIZATION':
      return parseAlterAuthorization(p, first);
    default:
      return refuseObject(p, 'ALTER');
  }
}

export function parseDrop(p: TokenStream): Statement {
  const first = p.next();
  switch (p.current.type === 'word' ? p.current.upper : '') {
    case 'INDEX':
      return parseDropIndex(p, first);
    case 'USER':
    case 'ROLE':
    case 'LOGIN':
      return parseDropPrincipal(p, first);
    default:
      return parseDropObject(p, first) ?? refuseObject(p, 'DROP');
  }
}
