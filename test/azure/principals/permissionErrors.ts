// The server's words for what a principal may not do. Numbers and wordings: sys.messages (Learn, "Database engine events and errors").
import { SqlError } from '../contract.ts';

/** Line 0: the interpreter fills in where the statement stands. */
export function securityError(number: number, message: string, severity = 16, state = 1): SqlError {
  return new SqlError({ number, state, class: severity, message, line: 0 });
}

/** 229. */
export function objectDenied(permission: string, name: string, database: string, schema: string): SqlError {
  const on = `the object '${name}', database '${database}', schema '${schema}'`;
  return securityError(229, `The ${permission} permission was denied on ${on}.`, 14, 5);
}

/** 230. */
export function columnDenied(
  permission: string,
  column: string,
  name: string,
  database: string,
  schema: string,
): SqlError {
  const on = `the column '${column}' of the object '${name}', database '${database}', schema '${schema}'`;
  return securityError(230, `The ${permission} permission was denied on ${on}.`, 14, 1);
}

/** 262. */
export function databaseDenied(permission: string, database: string): SqlError {
  const state = /^CREATE (VIEW|PROCEDURE|FUNCTION)$/.test(permission) ? 18 : 1;
  return securityError(262, `${permission} permission denied in database '${database}'.`, 14, state);
}

/** 297 after 262: a management view that the caller may not read. */
export function stateHidden(permission: string, database: string): SqlError {
  const { detail } = securityError(297, 'The user does not have permission to perform this action.');
  return new SqlError(detail, [databaseDenied(permission, database).detail]);
}

/** 2760. */
export function schemaUnusable(schema: string): SqlError {
  return securityError(
    2760,
    `The specified schema name "${schema}" either does not exist or you do not have permission to use it.`,
  );
}

/** 15247. */
export function notPermitted(): SqlError {
  return securityError(15247, 'User does not have permission to perform this action.');
}

/** 15151: `what` is "drop the user", "find the object" and so on; missing and forbidden are not told apart. */
export function cannot(what: string, name: string): SqlError {
  return securityError(
    15151,
    `Cannot ${what} '${name}', because it does not exist or you do not have permission.`,
  );
}

/** 15150: it exists, and may never be changed. */
export function cannotEver(what: string, name: string): SqlError {
  return securityError(15150, `Cannot ${what} '${name}'.`);
}

/** 15023. */
export function principalExists(name: string): SqlError {
  return securityError(15023, `User, group, or role '${name}' already exists in the current database.`);
}

/** 916. */
export function noAccess(login: string, database: string, state = 2): SqlError {
  const text = `The server principal "${login}" is not able to access the database "${database}" under the current security context.`;
  return securityError(916, text, 14, state);
}

/** 15517. */
export function cannotExecuteAs(name: string): SqlError {
  return securityError(
    15517,
    `Cannot execute as the database principal because the principal "${name}" does not exist, this type of principal cannot be ` +
      'impersonated, or you do not have permission.',
  );
}

/** 15405. */
export function specialPrincipal(name: string): SqlError {
  return securityError(15405, `Cannot use the special principal '${name}'.`);
}
