// FOR JSON PATH and AUTO, FOR XML PATH: a query becomes one column of text, compact as the server writes it.
import type { ForXml, Query } from '../../tsql/ast.ts';
import type { Binder } from './binder.ts';
import { jsonText } from './jsonText.ts';
import { nvarchar, quote } from './literals.ts';
import type { BoundQuery } from './boundQuery.ts';
import { raise, unsupported } from './raise.ts';

interface Node {
  children: Map<string, Node>;
  sql?: string;
  present?: string;
}

/** The server's name of FOR JSON's only column. */
const columnName = 'JSON_F52E2B61-18A1-11d1-B105-00805F49916B';

export function bindForClause(binder: Binder, query: BoundQuery, node: Query): BoundQuery {
  const clause = node.forClause;
  if (clause === undefined) return query;
  if (clause.kind === 'forXml') return bindForXml(binder, query, clause);
  const alias = binder.alias('j');
  const names = query.columns.map((_, i) => `c${String(i + 1)}`);
  const root: Node = { children: new Map() };
  for (const [i, column] of query.columns.entries()) {
    if (column.name === '') {
      raise(
        13605,
        'Column expressions and data sources without names or aliases cannot be formatted as JSON text using FOR JSON clause. Add alias to the unnamed column or table.',
        clause.line,
      );
    }
    const path = clause.mode === 'path' ? column.name.split('.') : [column.name];
    let place = root;
    for (const key of path) {
      let next = place.children.get(key);
      if (next === undefined) {
        next = { children: new Map() };
        place.children.set(key, next);
      }
      place = next;
    }
    if (place.sql !== undefined) {
      raise(
        13601,
        `Property '${column.name}' cannot be generated in JSON output due to a conflict with another column name or alias. Use different names and aliases for each column in SELECT list.`,
        clause.line,
      );
    }
    const sql = `${alias}.${names[i] ?? ''}`;
    place.present = `${sql} IS NOT NULL`;
    place.sql = jsonText(binder, {
      sql,
      type: column.type,
      nullable: column.nullable,
      loose: [],
      ...(column.json === true ? { json: true } : {}),
    });
  }
  const object = objectSql(root, clause.includeNullValues);
  const items = `string_agg(${object}, ',')`;
  const body = clause.withoutArrayWrapper ? items : `('[' || ${items} || ']')`;
  const wrapped =
    clause.root === undefined
      ? body
      : `('{' || to_json(${quote(clause.root)}::text)::text || ':' || ${body} || '}')`;
  return {
    sql: `SELECT ${wrapped} AS c1 FROM (${query.sql}) AS ${alias}(${names.join(', ')}) HAVING count(*) > 0`,
    columns: [{ name: columnName, type: nvarchar(-1), nullable: true, json: true }],
    loose: query.loose,
  };
}

function objectSql(node: Node, withNulls: boolean): string {
  const pairs = [...node.children].map(([key, child]) => {
    const value = child.sql ?? objectSql(child, withNulls);
    const pair = `(to_json(${quote(key)}::text)::text || ':' || ${value})`;
    if (withNulls) return pair;
    const present = presence(child);
    return `CASE WHEN ${present} THEN ${pair} END`;
  });
  return `('{' || concat_ws(',', ${pairs.join(', ')}) || '}')`;
}

function presence(node: Node): string {
  if (node.present !== undefined) return node.present;
  return `(${[...node.children.values()].map(presence).join(' OR ')})`;
}

/** The server's name of FOR XML's only column. */
const xmlColumnName = 'XML_F52E2B61-18A1-11d1-B105-00805F49916B';

/** FOR XML PATH: elements by column name, text for columns without one; the idiom that joins strings is PATH(''). */
function bindForXml(binder: Binder, query: BoundQuery, clause: ForXml): BoundQuery {
  const known = clause.options.every((option) => option === 'TYPE');
  if (clause.mode !== 'path' || !known)
    return unsupported(`FOR XML ${clause.mode.toUpperCase()}`, clause.line);
  const alias = binder.alias('j');
  const names = query.columns.map((_, i) => `c${String(i + 1)}`);
  const parts = query.columns.map((column, i) => {
    if (/[@/()*]/u.test(column.name))
      return unsupported(`FOR XML PATH with the column name ${column.name}`, clause.line);
    const text = binder.cast(
      { sql: `${alias}.c${String(i + 1)}`, type: column.type, nullable: true, loose: [] },
      nvarchar(-1),
    ).sql;
    const escaped = `replace(replace(replace((${text})::text, '&', '&amp;'), '<', '&lt;'), '>', '&gt;')`;
    if (column.name === '') return `coalesce(${escaped}, '')`;
    return `coalesce(${quote(`<${column.name}>`)} || ${escaped} || ${quote(`</${column.name}>`)}, '')`;
  });
  const element = clause.element ?? 'row';
  const body = parts.join(' || ');
  const row = element === '' ? body : `${quote(`<${element}>`)} || ${body} || ${quote(`</${element}>`)}`;
  const all = `string_agg(${row}, '')`;
  const rooted =
    clause.root === undefined
      ? all
      : `${quote(`<${clause.root}>`)} || ${all} || ${quote(`</${clause.root}>`)}`;
  return {
    sql: `SELECT ${rooted} AS c1 FROM (${query.sql}) AS ${alias}(${names.join(', ')}) HAVING count(*) > 0`,
    columns: [
      {
        name: xmlColumnName,
        type: clause.options.includes('TYPE') ? { name: 'xml' } : nvarchar(-1),
        nullable: true,
      },
    ],
    loose: query.loose,
  };
}
