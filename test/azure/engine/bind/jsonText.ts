// Values as JSON text, and the objects and arrays that JSON_OBJECT and JSON_ARRAY make of them.
import type { Binder } from './binder.ts';
import { merge } from './binder.ts';
import { plain } from './bound.ts';
import type { Bound } from './bound.ts';
import { int, nvarchar } from './literals.ts';
import { familyOf, isBinary, isCharacter, isNumeric } from './sqlTypes.ts';

/** JSON_OBJECT; the keys are texts already. */
export function jsonObject(
  binder: Binder,
  members: readonly { key: Bound; value: Bound }[],
  absentOnNull: boolean,
): Bound {
  const pairs = members.map(({ key, value }) =>
    unlessNull(value, absentOnNull, `(to_json(${key.sql})::text || ':' || ${jsonText(binder, value)})`),
  );
  return {
    ...merge(members.flatMap(({ key, value }) => [key, value])),
    sql: pairs.length === 0 ? "'{}'::text" : `('{' || concat_ws(',', ${pairs.join(', ')}) || '}')`,
    type: nvarchar(-1),
    nullable: false,
  };
}

/** JSON_ARRAY. */
export function jsonArray(binder: Binder, values: readonly Bound[], absentOnNull: boolean): Bound {
  const texts = values.map((value) => unlessNull(value, absentOnNull, jsonText(binder, value)));
  return {
    ...merge(values),
    sql: texts.length === 0 ? "'[]'::text" : `('[' || concat_ws(',', ${texts.join(', ')}) || ']')`,
    type: nvarchar(-1),
    nullable: false,
  };
}

const unlessNull = (value: Bound, absentOnNull: boolean, sql: string): string =>
  absentOnNull ? `CASE WHEN ${value.sql} IS NOT NULL THEN ${sql} END` : sql;

/** The JSON text of a value, as FOR JSON and JSON_OBJECT write it. */
export function jsonText(binder: Binder, value: Bound): string {
  if (value.untypedNull === true) return "'null'::text";
  const text = (() => {
    if (value.json === true) return value.sql;
    if (value.type.name === 'bit') {
      return `(CASE ${binder.cast(plain(value), int).sql} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END)`;
    }
    if (isNumeric(value.type))
      return binder.storage.cast(value.sql, value.type, { name: 'varchar', length: 50 });
    if (value.type.name === 'sql_variant') {
      const shown = binder.cast(plain(value), nvarchar(4000)).sql;
      const bare = `tsql.variant_base((${value.sql})::text) NOT IN ('char', 'varchar', 'nchar', 'nvarchar')`;
      return `(CASE WHEN ${bare} AND ${shown} ~ '^-?[0-9.]+$' THEN (${shown})::text ELSE replace(to_json(${shown})::text, '/', '\\/') END)`;
    }
    if (isBinary(value.type)) return `('"' || translate(encode(${value.sql}, 'base64'), E'\\n', '') || '"')`;
    const string = isCharacter(value.type)
      ? value.sql
      : familyOf(value.type) === 'datetime'
        ? binder.storage.cast(
            value.sql,
            value.type,
            { name: 'varchar', length: 40 },
            { style: value.type.name === 'datetimeoffset' ? '127' : '126' },
          )
        : binder.storage.cast(value.sql, value.type, nvarchar(4000));
    return `replace(to_json(${string})::text, '/', '\\/')`;
  })();
  return `coalesce(${text}, 'null')`;
}
