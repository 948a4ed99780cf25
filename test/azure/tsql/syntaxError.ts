// The messages with which SQL Server refuses a text before anything of it runs.
import { SqlError } from '../contract.ts';

/** Numbers and wording: Learn, "Database engine events and errors"; a parse failure has class 15. */
const messages = {
  102: "Incorrect syntax near '%1'.",
  103: "The identifier that starts with '%1' is too long. Maximum length is 128.",
  105: "Unclosed quotation mark after the character string '%1'.",
  111: "'%1' must be the first statement in a query batch.",
  113: "Missing end comment mark '*/'.",
  117: "The %2 name '%1' contains more than the maximum number of prefixes. The maximum is %3.",
  132: "The label '%1' has already been declared. Label names must be unique within a query batch or stored procedure.",
  133: "A GOTO statement references the label '%1' but the label has not been declared.",
  135: 'Cannot use a BREAK statement outside the scope of a WHILE statement.',
  136: 'Cannot use a CONTINUE statement outside the scope of a WHILE statement.',
  141: 'A SELECT statement that assigns a value to a variable must not be combined with data-retrieval operations.',
  153: 'Invalid usage of the option %1 in the %2 statement.',
  156: "Incorrect syntax near the keyword '%1'.",
  166: "'%1' does not allow specifying the database name as a prefix to the object name.",
  178: 'A RETURN statement with a return value cannot be used in this context.',
  191: 'Some part of your SQL statement is nested too deeply. Rewrite the query or break it up into smaller queries.',
  195: "'%1' is not a recognized %2.",
  319:
    "Incorrect syntax near the keyword 'with'. If this statement is a common table expression, an xmlnamespaces clause or a " +
    'change tracking context clause, the previous statement must be terminated with a semicolon.',
  321:
    '"%1" is not a recognized table hints option. If it is intended as a parameter to a table-valued function or to the ' +
    'CHANGETABLE function, ensure that your database compatibility mode is set to 90.',
  336:
    "Incorrect syntax near '%1'. If this is intended to be a common table expression, you need to explicitly terminate the " +
    'previous statement with a semi-colon.',
  343: "Unknown object type '%1' used in a CREATE, DROP, or ALTER statement.",
  1001: 'Line %2: Length or precision specification %1 is invalid.',
  1007: "The number '%1' is out of the range for numeric representation (maximum precision 38).",
  155: "'%1' is not a recognized %2 option.",
  1023: 'Invalid parameter %1 specified for %2.',
  1018:
    "Incorrect syntax near '%1'. If this is intended as a part of a table hint, A WITH keyword and parenthesis are now required. " +
    'See SQL Server Books Online for proper syntax.',
  1035: "Incorrect syntax near '%1', expected '%2'.",
  1038:
    'An object or column name is missing or empty. For SELECT INTO statements, verify each column has a name. For other ' +
    'statements, look for empty alias names. Aliases defined as "" or [] are not allowed. Change the alias to a valid name.',
  4145: "An expression of non-boolean type specified in a context where a condition is expected, near '%1'.",
  10703: 'Too few members in the sequence list.',
  10704:
    'To rethrow an error, a THROW statement must be used inside a CATCH block. Insert the THROW statement inside a CATCH block, ' +
    'or add error parameters to the THROW statement.',
  10709: 'The number of columns for each row in a table value constructor must be the same.',
  10713: 'A MERGE statement must be terminated by a semi-colon (;).',
  10715: "'%1' is not a valid hint.",
  10738:
    'The number of row value expressions in the INSERT statement exceeds the maximum allowed number of 1000 row values.',
  40510: "Statement '%1' is not supported in this version of SQL Server.",
  40517: "Keyword or statement option '%1' is not supported in this version of SQL Server.",
} as const;

export type SyntaxErrorNumber = keyof typeof messages;

/** The states that differ from 1. */
const states: Partial<Record<SyntaxErrorNumber, number>> = { 103: 4, 1038: 4 };

/** Azure SQL reports what it does not offer with class 16, unlike a syntax error. */
const classes: Partial<Record<SyntaxErrorNumber, number>> = { 40510: 16, 40517: 16 };

/** The error of that number with %1 … filled in; `line` counts from 1 in the batch. */
export function syntaxError(
  number: SyntaxErrorNumber,
  line: number,
  ...inserts: (string | number)[]
): SqlError {
  return new SqlError({
    number,
    state: states[number] ?? 1,
    class: classes[number] ?? 15,
    message: messages[number].replaceAll(/%(\d)/g, (_, digit: string) =>
      String(inserts[Number(digit) - 1] ?? ''),
    ),
    line,
  });
}
