// The ready queries "find user by id" and "find user by name", as scripts with parameters that a person can read and run again.
import { AppError } from './errors.ts';
import { quoteName, quoteTable } from './names.ts';
import type { Parameter } from './ports.ts';
import type { TableColumn, TableShape } from './tableShape.ts';

/** The column a row is found by. @throws AppError notSupported when no single column identifies a row */
export function idColumn(shape: TableShape): TableColumn {
  const [name, ...more] = shape.key;
  const column = shape.columns.find((candidate) => candidate.name === name);
  if (!column || more.length > 0)
    throw new AppError(
      'notSupported',
      `${quoteTable(shape.table)} has no single column that identifies a row.`,
    );
  return column;
}

export function findByIdScript(shape: TableShape): string {
  return `SELECT * FROM ${quoteTable(shape.table)} WHERE ${quoteName(idColumn(shape).name)} = @id;\n`;
}

/** Text columns whose name says that they hold a name, a login or a mail address; all text columns when none does. */
export function nameColumns(shape: TableShape): TableColumn[] {
  const texts = shape.columns.filter((column) => /^(n?(var)?char|sysname)$/.test(column.baseType));
  const named = texts.filter((column) => /name|login|mail|user/i.test(column.name));
  return named.length > 0 ? named : texts;
}

/** @throws AppError notSupported when the table has no text columns */
export function findByNameScript(shape: TableShape): string {
  const columns = nameColumns(shape);
  if (columns.length === 0)
    throw new AppError('notSupported', `${quoteTable(shape.table)} has no column that could hold a name.`);
  const terms = columns.map((column) => `${quoteName(column.name)} LIKE @name ESCAPE N'\\'`);
  return `-- @name is a LIKE pattern: % is any text, _ any character; \\ before them takes them literally.
SELECT * FROM ${quoteTable(shape.table)}
WHERE ${terms.join('\n   OR ')};
`;
}

/** Texts that contain `text`, whatever it holds (Learn: "LIKE", ESCAPE). */
export function containsPattern(text: string): string {
  return `%${text.replaceAll(/[\\%_[]/g, String.raw`\$&`)}%`;
}

export function nameParameter(text: string): Parameter {
  return { name: 'name', value: containsPattern(text), sqlType: 'nvarchar(4000)' };
}
