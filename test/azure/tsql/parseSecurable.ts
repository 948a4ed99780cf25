// ON [class::]name of GRANT, DENY, REVOKE, ALTER AUTHORIZATION and ALTER SCHEMA.
import type { Securable } from './ast.ts';
import type { TokenStream } from './tokenStream.ts';

/** Source: Learn, GRANT: the classes of securables. Longest first. */
const classes = [
  ['EXTERNAL', 'DATA', 'SOURCE'],
  ['DATABASE', 'SCOPED', 'CREDENTIAL'],
  ['APPLICATION', 'ROLE'],
  ['SYMMETRIC', 'KEY'],
  ['ASYMMETRIC', 'KEY'],
  ['FULLTEXT', 'CATALOG'],
  ['XML', 'SCHEMA', 'COLLECTION'],
  ['SERVER', 'ROLE'],
  ['CERTIFICATE'],
  ['OBJECT'],
  ['SCHEMA'],
  ['DATABASE'],
  ['USER'],
  ['ROLE'],
  ['LOGIN'],
  ['TYPE'],
  ['SERVER'],
  ['ASSEMBLY'],
];

export function parseSecurable(p: TokenStream): Securable {
  const first = p.current;
  let found: string | undefined;
  for (const words of classes) {
    if (p.isWord(...words) && p.isOperator('::', words.length)) {
      p.takeWord(...words);
      p.next();
      found = words.join(' ');
      break;
    }
  }
  const name = p.name();
  const columns = p.isOperator('(') ? p.parenthesized(() => p.list(() => p.identifier())) : [];
  return { kind: 'securable', ...(found && { class: found }), name, columns, ...p.span(first) };
}
