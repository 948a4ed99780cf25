// What the engine asks of the principals (users, roles, permissions), and one client's session on the engine.
import type { Caller, ResponseWriter } from '../contract.ts';

/**
 * Who runs a statement: made by `Authorization.login`, changed by EXECUTE AS and REVERT. The engine reads these names and hands the
 * object back; everything else in it is the principals' own.
 */
export interface SecurityContext {
  /** ORIGINAL_LOGIN(). */
  readonly originalLogin: string;
  /** SUSER_SNAME(), SYSTEM_USER. */
  readonly loginName: string;
  /** USER_NAME(), CURRENT_USER, SESSION_USER. */
  readonly userName: string;
  /** Principal id of the user in the current database (dbo is 1). */
  readonly userId: number;
  readonly defaultSchema: string;
}

/** What a permission is asked on. Names are in the catalog's spelling. */
export type Securable =
  | { class: 'database' }
  | { class: 'schema'; schema: string }
  | {
      class: 'object';
      schema: string;
      name: string;
      /** sys.objects.type: U, V, P, FN, IF, TF, SO, SN … */
      type: string;
      objectId: number;
      /** Columns the statement touches, for column-level permissions; undefined: all. */
      columns?: readonly string[];
    };

/** One query on the session's own PostgreSQL connection, in its transaction. */
export interface AuthorizationConnection {
  query(text: string, parameters?: readonly unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
}

/**
 * Implemented by test/azure/principals. Errors are SqlError with the server's number and wording and line 0: the interpreter puts in
 * the line and procedure. Where the connection is needed it is the session's own, so that a rolled back GRANT is gone.
 */
export interface Authorization {
  /** @throws SqlError 18456 (nobody), 916 (no user in this database). The database is known to exist. */
  login(caller: Caller, database: string): Promise<SecurityContext>;
  /**
   * @param permission 'SELECT', 'INSERT', 'UPDATE', 'DELETE', 'EXECUTE', 'REFERENCES', 'ALTER', 'CONTROL', 'VIEW DEFINITION',
   * 'CREATE TABLE', 'CREATE SCHEMA', …: as GRANT spells it.
   * @throws SqlError 229 (object), 230 (column), 262 (CREATE … in database), 15247 and so on. For ALTER on an object the engine catches
   * 229 and answers 1088/3701 itself where the server does.
   */
  check(
    context: SecurityContext,
    connection: AuthorizationConnection,
    permission: string,
    securable: Securable,
  ): Promise<void>;
  /**
   * CREATE/ALTER/DROP USER|ROLE|LOGIN|APPLICATION ROLE, ALTER ROLE … ADD MEMBER, GRANT, DENY, REVOKE, ALTER AUTHORIZATION: the
   * parser's statement node. Messages (not errors) go to `out`.
   */
  executeDcl(
    statement: { kind: string },
    context: SecurityContext,
    connection: AuthorizationConnection,
    out: ResponseWriter,
  ): Promise<void>;
  /** Before a statement reads the catalog view sys.`view` about principals: what of them the caller may see. */
  readsCatalog?(context: SecurityContext, connection: AuthorizationConnection, view: string): Promise<void>;
  /** EXECUTE AS USER/LOGIN = name: the new context; the engine keeps the stack. @throws SqlError 15517. */
  executeAs(
    context: SecurityContext,
    connection: AuthorizationConnection,
    kind: 'user' | 'login',
    name: string,
  ): Promise<SecurityContext>;
  /** What REVERT returns to. */
  revert(context: SecurityContext): SecurityContext;
  /**
   * The scalar functions about principals: 'user_name', 'user_id', 'suser_sname', 'suser_id', 'suser_sid', 'is_member', 'is_rolemember',
   * 'is_srvrolemember', 'has_perms_by_name', 'database_principal_id', 'has_dbaccess', 'permissions'. Arguments are already values.
   */
  scalar(
    name: string,
    args: readonly (string | number | null)[],
    context: SecurityContext,
    connection: AuthorizationConnection,
  ): Promise<string | number | Uint8Array | null>;
}
