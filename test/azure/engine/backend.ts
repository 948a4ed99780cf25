// The engine as a backend of the local Azure: opens sessions on its databases for callers whom the principals know.
import { SqlError } from '../contract.ts';
import type { Backend, BackendSession, LoginRequest, SqlMessage } from '../contract.ts';
import { Catalog } from './catalog/catalog.ts';
import { dropTemporary } from './ddl/rowset.ts';
import type { EngineServices } from './interpreter/engineServices.ts';
import type { Cluster } from './postgres/cluster.ts';
import { SessionDirectory } from './system/sessions.ts';
import type { SessionFacts } from './system/sessions.ts';
import { EngineSession } from './session.ts';
import type { Authorization } from './session.ts';

export interface EngineBackendOptions {
  cluster: Cluster;
  authorization: Authorization;
  /** @@SERVERNAME. */
  serverName: string;
  /** Milliseconds since 1970. */
  clock?: () => number;
  /**
   * Benchmarks only: for these texts the second and later runs are answered with rows encoded during the first
   * (`statements/encodedRows.ts`).
   */
  preEncode?: (sqlText: string) => boolean;
}

export class EngineBackend implements Backend {
  private readonly services: EngineServices;
  private readonly cluster: Cluster;
  private readonly authorization: Authorization;
  private readonly sessions = new Map<number, EngineSession>();

  constructor(options: EngineBackendOptions) {
    const catalogs = new Map<string, Catalog>();
    this.cluster = options.cluster;
    this.authorization = options.authorization;
    this.services = {
      cluster: options.cluster,
      authorization: options.authorization,
      clock: options.clock ?? Date.now,
      serverName: options.serverName,
      preEncode: options.preEncode,
      encoded: new Map(),
      sessions: new SessionDirectory(),
      catalog: (database) => {
        const key = database.toLowerCase();
        let catalog = catalogs.get(key);
        if (catalog === undefined) {
          catalog = new Catalog(database);
          catalogs.set(key, catalog);
        }
        return catalog;
      },
      discardTemporary: async (connection, database) => {
        await dropTemporary({ connection, catalog: this.services.catalog(database) });
      },
    };
  }

  /** @throws SqlError 4060 (no such database), 18456, 916 */
  async open(login: LoginRequest): Promise<{ session: BackendSession; messages: SqlMessage[] }> {
    const wanted = login.database === '' ? 'master' : login.database;
    const entry = this.cluster.database(wanted);
    if (entry === undefined) {
      const failed = {
        number: 18456,
        state: 1,
        class: 14,
        message: `Login failed for user '${login.caller.kind === 'sql' ? login.caller.user : '<token-identified principal>'}'.`,
        line: 65536,
      };
      const missing = {
        number: 4060,
        state: 1,
        class: 11,
        message: `Cannot open database "${wanted}" requested by the login. The login failed.`,
        line: 65536,
      };
      throw new SqlError(failed, [missing]);
    }
    const context = await this.authorization.login(login.caller, entry.name);
    const connection = await this.cluster.connect(entry.name);
    await connection.query(
      "SELECT set_config('tsql.server_name', $1, false), set_config('tsql.default_schema', $2, false)",
      [this.services.serverName, context.defaultSchema],
    );
    const spid = this.freeSpid();
    const session = new EngineSession({
      connection,
      services: this.services,
      database: entry.name,
      spid,
      login,
      context,
      onClose: () => {
        this.sessions.delete(spid);
        this.services.sessions.remove(spid);
      },
    });
    this.sessions.set(spid, session);
    const started = new Date(this.services.clock()).toISOString().replace('T', ' ').replace('Z', '');
    const facts = (): SessionFacts => ({
      spid,
      login: session.state.context.loginName,
      original: context.originalLogin,
      program: login.applicationName,
      host: login.hostName,
      address: login.clientAddress,
      database: entry.name,
      started,
      status: session.busy ? 'running' : 'sleeping',
      ...(session.busy ? { command: 'SELECT' } : {}),
      transactions: session.state.transactions,
      isolation: session.state.options.isolation,
      protocol: login.tdsVersion ?? 0x74000004,
      settings: session.state.options,
    });
    this.services.sessions.add(spid, facts, () => {
      session.end();
    });
    return { session, messages: [] };
  }

  /** User sessions start at 51, as the server's do. */
  private freeSpid(): number {
    let spid = 51;
    while (this.sessions.has(spid)) spid += 1;
    return spid;
  }

  /** Ends every session. */
  async close(): Promise<void> {
    await Promise.all([...this.sessions.values()].map((session) => session.close()));
  }
}
