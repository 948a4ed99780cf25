// What one caller may do in one database: grants and denials of the user, its groups and roles, along the hierarchy. DENY wins.
import {
  applicablePermissions,
  classNumber,
  covering,
  fixedRolePermissions,
  type PrincipalKind,
} from './permissionTable.ts';
import { folded, type PermissionRow, type SecurityState } from './securityState.ts';

/** What a permission is asked on. */
export type Target =
  | { class: 'database' }
  | { class: 'schema'; schema: string }
  | { class: 'object'; schema: string; objectId: number }
  | { class: 'principal'; id: number };

export type Decision = 'granted' | 'denied' | 'none';

export class EffectivePermissions {
  readonly #state: SecurityState;
  /** The user, groups, roles and public. */
  readonly principals: ReadonlySet<number>;
  /** dbo itself, who cannot be denied anything. */
  readonly isDbo: boolean;

  /** `ids`: the caller's own principal and those of its groups. */
  constructor(state: SecurityState, ids: Iterable<number>) {
    this.#state = state;
    this.principals = state.withRoles(ids);
    this.isDbo = this.principals.has(1);
  }

  isMember(role: string): boolean {
    const principal = this.#state.named(role);
    return principal !== undefined && this.principals.has(principal.id);
  }

  has(permission: string, target: Target): boolean {
    return this.decide(permission, target) === 'granted';
  }

  /** Without columns: what the table, its schema and the database say. */
  decide(permission: string, target: Target): Decision {
    if (this.isDbo || this.#owns(target)) return 'granted';
    let granted = false;
    for (const step of covering(target.class, permission, this.#kindOf(target))) {
      if (step.class === 'database') {
        const byRole = this.#fixedRoles(step.permission);
        if (byRole === 'denied') return 'denied';
        granted ||= byRole === 'granted';
      }
      for (const row of this.#rows(step.class, step.permission, target)) {
        if (row.columnKey !== '') continue;
        if (row.state === 'D') return 'denied';
        granted = true;
      }
    }
    return granted ? 'granted' : 'none';
  }

  /**
   * The columns that may not be touched. A GRANT on a column stands against a DENY on its table (the one exception to "DENY wins",
   * https://learn.microsoft.com/sql/t-sql/statements/deny-object-permissions-transact-sql).
   */
  deniedColumns(
    permission: string,
    target: Extract<Target, { class: 'object' }>,
    columns: readonly string[],
  ): string[] {
    if (this.isDbo || this.#owns(target)) return [];
    const wide = this.decide(permission, target);
    const rows = this.#rows('object', permission, target).filter((row) => row.columnKey !== '');
    return columns.filter((column) => {
      const own = rows.filter((row) => row.columnKey === folded(column));
      if (own.some((row) => row.state === 'D')) return true;
      return own.length === 0 && wide !== 'granted';
    });
  }

  /** Whether any column of the object has a permission of its own for the caller. */
  hasColumnPermissions(permission: string, target: Extract<Target, { class: 'object' }>): boolean {
    return this.#rows('object', permission, target).some((row) => row.columnKey !== '');
  }

  /**
   * Any permission that the object can have, on it or above it, makes its metadata visible; one on a column too. A denial makes nothing
   * visible. https://learn.microsoft.com/sql/relational-databases/security/metadata-visibility-configuration
   */
  sees(target: Extract<Target, { class: 'object' }>, type: string): boolean {
    if (applicablePermissions(type).some((name) => this.has(name, target))) return true;
    return this.#state.permissions.some(
      (row) =>
        row.class === classNumber.object &&
        row.major === target.objectId &&
        row.columnKey !== '' &&
        row.state !== 'D' &&
        this.principals.has(row.grantee),
    );
  }

  /** The source of modules, defaults, checks and computed columns; everybody else reads NULL there. */
  readsDefinition(target: Extract<Target, { class: 'object' }>): boolean {
    const own = this.decide('VIEW DEFINITION', target);
    if (own !== 'none') return own === 'granted';
    return ['CONTROL', 'ALTER', 'TAKE OWNERSHIP'].some((name) => this.has(name, target));
  }

  /** May grant, deny and revoke on it: CONTROL, or db_securityadmin. */
  controls(target: Target): boolean {
    return this.isDbo || this.isMember('db_securityadmin') || this.has('CONTROL', target);
  }

  #fixedRoles(permission: string): Decision {
    let granted = false;
    for (const id of this.principals) {
      const principal = this.#state.principals.get(id);
      const rule = principal?.fixed === true ? fixedRolePermissions[principal.name] : undefined;
      if (rule?.deny.includes(permission) === true) return 'denied';
      granted ||= rule?.grant.includes(permission) === true;
    }
    return granted ? 'granted' : 'none';
  }

  #rows(level: keyof typeof classNumber, permission: string, target: Target): PermissionRow[] {
    const number = classNumber[level];
    return this.#state.permissions.filter((row) => {
      if (row.class !== number || row.permission !== permission || !this.principals.has(row.grantee))
        return false;
      if (level === 'object') return target.class === 'object' && row.major === target.objectId;
      if (level === 'schema') return 'schema' in target && row.schemaKey === folded(target.schema);
      if (level === 'principal') return target.class === 'principal' && row.major === target.id;
      return true;
    });
  }

  #owns(target: Target): boolean {
    switch (target.class) {
      case 'schema':
        return this.#is(this.#state.schemaOwner(target.schema));
      case 'object':
        return (
          this.#is(this.#state.objectOwner(target.objectId, target.schema)) ||
          this.#is(this.#state.schemaOwner(target.schema))
        );
      case 'principal':
        return this.#is(this.#state.principals.get(target.id)?.owner);
      default:
        return false;
    }
  }

  /** Public owns nothing: a caller known only through a group has its id where an owner would stand. */
  #is(owner: number | undefined): boolean {
    return owner !== undefined && owner !== 0 && this.principals.has(owner);
  }

  #kindOf(target: Target): PrincipalKind {
    if (target.class !== 'principal') return 'user';
    return this.#state.principals.get(target.id)?.type === 'R' ? 'role' : 'user';
  }
}
