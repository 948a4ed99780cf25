// The statement that finds out whether a change whose reply was lost was applied.
import { quoteName, quoteTable } from './names.ts';
import type { Remedy } from './errors.ts';
import type { Cell, Parameter } from './ports.ts';
import { sameUnits } from './rowChange.ts';
import type { NewValues } from './rowChange.ts';
import { isText } from './rowPage.ts';
import type { UserRow } from './rowPage.ts';
import { isComparable, parameterType, writeExpression } from './rowText.ts';
import type { TableColumn, TableShape } from './tableShape.ts';

export type OutcomeCheck = NonNullable<Extract<Remedy, { kind: 'checkOutcome' }>['check']>;

/**
 * Rows with exactly the inserted values. They prove the insert only when the key is among the values: another row with the key of
 * the server's own making may have had them before. None of them proves that nothing was inserted, unless triggers change rows.
 * @returns undefined when nothing can be compared
 */
export function insertCheck(shape: TableShape, values: NewValues): OutcomeCheck | undefined {
  if (shape.triggers) return undefined;
  const given = comparable(shape, values);
  if (given.length === 0) return undefined;
  const keyed = shape.key.length > 0 && shape.key.every((key) => given.some(([{ name }]) => name === key));
  return count(shape, given, keyed ? 'applied' : 'unclear');
}

/** The row with its key and the new values. @returns undefined when nothing can be compared */
export function updateCheck(shape: TableShape, old: UserRow, values: NewValues): OutcomeCheck | undefined {
  const given = comparable(shape, values);
  // A new key that is the column's default is not known here.
  const key = keyOf(shape, old).filter(([{ name }]) => !values.has(name));
  const known = key.length + given.filter(([{ name }]) => shape.key.includes(name)).length;
  if (shape.triggers || given.length === 0 || known !== shape.key.length) return undefined;
  // What cannot be compared may be all that the change was about.
  return count(shape, [...key, ...given], given.length === values.size ? 'applied' : 'unclear');
}

/** The row with its key: found, it was not deleted. */
export function deleteCheck(shape: TableShape, row: UserRow): OutcomeCheck {
  return count(shape, keyOf(shape, row), 'notApplied');
}

function keyOf(shape: TableShape, row: UserRow): [TableColumn, Cell][] {
  return shape.columns.flatMap((column, index): [TableColumn, Cell][] =>
    shape.key.includes(column.name) ? [[column, row.values[index] ?? null]] : [],
  );
}

function comparable(shape: TableShape, values: NewValues): [TableColumn, Cell][] {
  return shape.columns.flatMap((column): [TableColumn, Cell][] => {
    const given = values.get(column.name);
    return given?.kind === 'value' && isComparable(column) ? [[column, given.value]] : [];
  });
}

function count(
  shape: TableShape,
  conditions: readonly (readonly [TableColumn, Cell])[],
  whenFound: OutcomeCheck['whenFound'],
): OutcomeCheck {
  const parameters: Parameter[] = [];
  const where = conditions.flatMap(([column, value], index) => {
    if (value === null) return [`${quoteName(column.name)} IS NULL`];
    const name = `c${index}`;
    parameters.push({ name, value, sqlType: parameterType(column) });
    const byCollation = `${quoteName(column.name)} = ${writeExpression(column, `@${name}`)}`;
    // For a collation 'ada' and 'ADA' may be the same: a key is found by it, a change is not proven by it.
    if (!isText(column) || shape.key.includes(column.name)) return [byCollation];
    return [sameUnits(column, `@${name}`)];
  });
  return {
    // Waits for the change if it still runs: row versions would show the state before it.
    text: `SELECT COUNT_BIG(*) FROM ${quoteTable(shape.table)} WITH (READCOMMITTEDLOCK) WHERE ${where.join(' AND ')}`,
    parameters,
    whenFound,
  };
}
