// Who may enter a database, as a use case: reads principals and their roles, remembers them until told to forget.
import type { ConnectionProfile } from '../core/connection.ts';
import type { Sql } from '../core/ports.ts';
import { principalsStatement, readPrincipals, type Principal } from '../core/principal.ts';

export class AccessService {
  readonly #sql: Pick<Sql, 'query'>;
  readonly #known = new Map<string, Promise<readonly Principal[]>>();

  constructor(sql: Pick<Sql, 'query'>) {
    this.#sql = sql;
  }

  /** Every principal but those that each database has. A failure is remembered too, until `forget`: a tree must not knock twice. @throws AppError */
  principals(profile: ConnectionProfile): Promise<readonly Principal[]> {
    const known = this.#known.get(profile.id) ?? this.#read(profile);
    this.#known.set(profile.id, known);
    return known;
  }

  forget(connectionId: string): void {
    this.#known.delete(connectionId);
  }

  async #read(profile: ConnectionProfile): Promise<readonly Principal[]> {
    return readPrincipals((await this.#sql.query(profile, principalsStatement)).rows);
  }
}
