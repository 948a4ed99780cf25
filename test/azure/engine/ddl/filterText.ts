// A filtered index's predicate as sys.indexes shows it: ([a]>=(5) AND [b] IS NOT NULL).
import type { Expression, Predicate } from '../../tsql/ast.ts';

const bracketed = (name: string): string => `[${name.replaceAll(']', ']]')}]`;

function value(node: Expression): string {
  switch (node.kind) {
    case 'column':
      return bracketed(node.name.parts.at(-1)?.name ?? '');
    case 'number':
      return `(${node.text})`;
    case 'string':
      return `${node.national ? 'N' : ''}'${node.value.replaceAll("'", "''")}'`;
    case 'binary':
      return `0x${node.hex}`;
    case 'null':
      return 'NULL';
    case 'unary':
      return node.operand.kind === 'number'
        ? `(${node.operator}${node.operand.text})`
        : `${node.operator}${value(node.operand)}`;
    default:
      return '…';
  }
}

/** The grammar of filters is small (Learn: CREATE INDEX, filter_predicate): comparisons, IN and IS [NOT] NULL, joined by AND. */
export function filterText(node: Predicate): string {
  return `(${conjunct(node)})`;
}

function conjunct(node: Predicate): string {
  switch (node.kind) {
    case 'logical':
      return `${conjunct(node.left)} ${node.operator.toUpperCase()} ${conjunct(node.right)}`;
    case 'comparison':
      return `${value(node.left)}${node.operator}${value(node.right)}`;
    case 'isNull':
      return `${value(node.operand)} IS ${node.negated ? 'NOT ' : ''}NULL`;
    case 'inList':
      return `(${node.values.map((item) => `${value(node.operand)}=${value(item)}`).join(' OR ')})`;
    default:
      return '…';
  }
}
