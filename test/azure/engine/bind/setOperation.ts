// UNION, INTERSECT and EXCEPT: both sides brought to the types that their columns share.
import type { QueryBody, SetOperation } from '../../tsql/ast.ts';
import type { Binder } from './binder.ts';
import type { Bound } from './bound.ts';
import type { BoundQuery, OutputColumn } from './boundQuery.ts';
import { raise } from './raise.ts';
import type { Scope } from './scope.ts';
import { bindBlock } from './selectBlock.ts';
import { commonType, isCharacter, isLegacyLob, typeWord } from './sqlTypes.ts';

/** One operand of a set operation, or a query's only block. */
export function bindBody(binder: Binder, body: QueryBody, parent: Scope | undefined): BoundQuery {
  return body.kind === 'selectBlock'
    ? bindBlock(binder, body, parent, undefined, 'subquery')
    : bindSetOperation(binder, body, parent);
}

export function bindSetOperation(binder: Binder, node: SetOperation, parent: Scope | undefined): BoundQuery {
  const left = bindBody(binder, node.left, parent);
  const right = bindBody(binder, node.right, parent);
  return combine(binder, node, left, right);
}

function combine(binder: Binder, node: SetOperation, left: BoundQuery, right: BoundQuery): BoundQuery {
  if (left.columns.length !== right.columns.length) {
    raise(
      205,
      'All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of expressions in their target lists.',
      node.line,
    );
  }
  const types = left.columns.map((column, i) => {
    const other = right.columns[i];
    if (other === undefined) return column.type;
    if (column.untypedNull === true) return other.type;
    if (other.untypedNull === true) return column.type;
    return commonType(column.type, other.type);
  });
  const dedupes = !(node.operator === 'union' && node.all);
  for (const type of types) {
    if (dedupes && (isLegacyLob(type) || type.name === 'xml')) {
      raise(
        5335,
        `The data type ${typeWord(type)} cannot be used as an operand to the UNION, INTERSECT or EXCEPT operators because it is not comparable.`,
        node.line,
      );
    }
  }
  const side = (query: BoundQuery): string => {
    const alias = binder.alias('u');
    const names = query.columns.map((_, i) => `c${String(i + 1)}`);
    const list = query.columns.map((column, i) => {
      const type = types[i] ?? column.type;
      const bound: Bound = {
        sql: `${alias}.c${String(i + 1)}`,
        type: column.type,
        nullable: true,
        loose: [],
      };
      const cast =
        column.untypedNull === true
          ? `NULL::${binder.storage.pgType(type)}`
          : binder.convert(bound, type, node.line).sql;
      return `${dedupes && isCharacter(type) ? binder.storage.sortable(cast, type) : cast} AS c${String(i + 1)}`;
    });
    return `SELECT ${list.join(', ')} FROM (${query.sql}) AS ${alias}(${names.join(', ')})`;
  };
  const operator = `${node.operator.toUpperCase()}${node.all ? ' ALL' : ''}`;
  const columns = left.columns.map((column, i): OutputColumn => {
    const other = right.columns[i];
    return {
      name: column.name,
      type: types[i] ?? column.type,
      nullable: node.operator === 'union' ? column.nullable || other?.nullable === true : column.nullable,
      ...(column.untypedNull === true && other?.untypedNull === true ? { untypedNull: true } : {}),
    };
  });
  return {
    sql: `(${side(left)}) ${operator} (${side(right)})`,
    columns,
    loose: [...left.loose, ...right.loose],
  };
}
