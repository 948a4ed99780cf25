// JSON functions on text, by PostgreSQL's jsonb.
import type { Bound } from '../bound.ts';
import { jsonText } from '../jsonText.ts';
import { int, nvarchar, quote } from '../literals.ts';
import { raise, unsupported } from '../raise.ts';
import type { Call, FunctionTable } from './call.ts';
import { entry } from './call.ts';

interface JsonPath {
  strict: boolean;
  append: boolean;
  keys: (string | number)[];
}

/** `lax $.a.b[0]."c d"`. @throws SqlError 13607. */
function parsePath(text: string, line: number): JsonPath {
  const modes = /^\s*(?:(append)\s+)?(?:(lax|strict)\s+)?\$/u.exec(text);
  const invalid = (at: number): never =>
    raise(
      13607,
      `JSON path is not properly formatted. Unexpected character '${text[at] ?? '.'}' is found at position ${String(at)}.`,
      line,
      16,
      4,
    );
  if (modes === null) return invalid(0);
  const keys: (string | number)[] = [];
  const step = /\.(?:"((?:[^"\\]|\\.)*)"|([A-Za-z_$][\w$]*))|\[(\d+)\]/uy;
  step.lastIndex = modes[0].length;
  while (step.lastIndex < text.trimEnd().length) {
    const at = step.lastIndex;
    const found = step.exec(text);
    if (found === null) return invalid(at);
    keys.push(found[3] === undefined ? (found[1] ?? found[2] ?? '') : Number(found[3]));
  }
  return { strict: modes[2] === 'strict', append: modes[1] === 'append', keys };
}

function pathOf(call: Call, i: number): JsonPath {
  const literal = call.has(i) ? call.arg(i).literal : '$';
  if (typeof literal !== 'string') return unsupported('a JSON path that is not a literal', call.line);
  return parsePath(literal, call.line);
}

const pgPath = (path: JsonPath): string =>
  quote(
    `{${path.keys.map((key) => (typeof key === 'number' ? String(key) : `"${key.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`)).join(',')}}`,
  );

const document = (call: Call): string => `(${call.text(0).sql})::jsonb`;

function jsonValue(call: Call): Bound {
  const path = pathOf(call, 1);
  const node = `(${document(call)} #> ${pgPath(path)})`;
  return call.result(
    `(CASE WHEN jsonb_typeof(${node}) IN ('object', 'array') THEN NULL ELSE left(${node} #>> '{}', 4000) END)`,
    nvarchar(4000),
    true,
  );
}

function jsonQuery(call: Call): Bound {
  const path = pathOf(call, 1);
  // json, not jsonb: the text comes back as it was written.
  const node = `((${call.text(0).sql})::json #> ${pgPath(path)})`;
  return {
    ...call.result(
      `(CASE WHEN json_typeof(${node}) IN ('object', 'array') THEN (${node})::text END)`,
      nvarchar(-1),
      true,
    ),
    json: true,
  };
}

function jsonModify(call: Call): Bound {
  const path = pathOf(call, 1);
  const value = call.arg(2);
  const target = document(call);
  const pg = pgPath(path);
  const fresh = `(${jsonText(call.binder, value)})::jsonb`;
  const compact = (sql: string): string => `replace(replace((${sql})::text, '": ', '":'), ', "', ',"')`;
  if (path.append) {
    return call.result(
      compact(
        `jsonb_set(${target}, ${pg}, coalesce(${target} #> ${pg}, '[]'::jsonb) || jsonb_build_array(${fresh}))`,
      ),
      nvarchar(-1),
      true,
    );
  }
  const removed = `(${target} #- ${pg})`;
  const set = `jsonb_set(${target}, ${pg}, ${fresh})`;
  const sql =
    value.untypedNull === true && !path.strict
      ? removed
      : path.strict
        ? set
        : `(CASE WHEN ${value.untypedNull === true ? 'NULL' : value.sql} IS NULL THEN ${removed} ELSE ${set} END)`;
  return call.result(compact(sql), nvarchar(-1), true);
}

export const jsonFunctions: FunctionTable = {
  ISJSON: entry(1, 2, (call) => {
    const kind = call.has(1) ? call.arg(1).literal : undefined;
    const word = kind === undefined ? '' : ` ${String(kind).toUpperCase()}`;
    const text = call.text(0).sql;
    const test =
      word === '' ? `(${text}) IS JSON OBJECT OR (${text}) IS JSON ARRAY` : `(${text}) IS JSON${word}`;
    return call.result(`(CASE WHEN ${text} IS NULL THEN NULL WHEN ${test} THEN 1 ELSE 0 END)`, int);
  }),
  JSON_VALUE: entry(2, 2, jsonValue),
  JSON_QUERY: entry(1, 2, jsonQuery),
  JSON_MODIFY: entry(3, 3, jsonModify),
  JSON_PATH_EXISTS: entry(2, 2, (call) => {
    const path = pathOf(call, 1);
    return call.result(`(CASE WHEN ${document(call)} #> ${pgPath(path)} IS NULL THEN 0 ELSE 1 END)`, int);
  }),
};
