// A local Azure with a door to it, and what is counted about each cell of the fault matrix.
import assert from 'node:assert/strict';
import type { ConnectionProfile } from '../../../../src/core/connection.ts';
import { AppError, cancelled, isAppError } from '../../../../src/core/errors.ts';
import type { Log, Sql, TokenRequest } from '../../../../src/core/ports.ts';
import { createSql } from '../../../../src/data/main.ts';
import { spawnLocalAzure, type LocalAzureProcess } from '../../../azure/process.ts';
import { localCloud } from '../../../localCloud.ts';

const admin = 'ada@contoso.example';
/** Who works in the cells; rights on the tables only, so that dropping the user says something. */
export const worker = 'mallory@contoso.example';
/** Comes in through the group that has the rights. */
export const groupMember = 'linus@contoso.example';
export const group = 'SQL Readers';
/** Its tokens come from the issuer itself, over HTTPS, through @azure/identity. */
export const application = 'ci-deployer';
/** Has the worker's right to write. */
export const role = 'cell_writers';
/** Seconds of a token's life unless a row says otherwise. */
export const usualLife = 3900;

/** One door as an extension would have it, watched. */
export interface Door {
  sql: Sql;
  profile: ConnectionProfile;
  /** Every request for a token, in order. */
  asked: TokenRequest[];
  /** Every token that was handed over. */
  tokens: string[];
  /** Everything that was logged, at every level. */
  lines: string[];
  /** Milliseconds that would have been waited, in order. */
  waits: number[];
  /** Instead of a token of the issuer; undefined: the issuer's. */
  token: (() => Promise<string>) | undefined;
  /** Milliseconds by which its clock is ahead: what it waited, and what a fault let pass. */
  skipped: number;
  /** How often it was told that somebody must sign in. */
  signIns: number;
}

export class World {
  readonly azure: LocalAzureProcess;
  readonly #doors: Door[] = [];
  /** What a fault does later on; the cell waits for it. */
  readonly happening: Promise<void>[] = [];
  #cells = 0;

  private constructor(azure: LocalAzureProcess) {
    this.azure = azure;
  }

  static async create(): Promise<World> {
    const world = new World(await spawnLocalAzure());
    const found = world.azure.applications.find(({ name }) => name === application);
    if (found === undefined) throw new Error(`no application ${application}`);
    process.env['AZURE_TENANT_ID'] = world.azure.tenant.id;
    process.env['AZURE_CLIENT_ID'] = found.appId;
    process.env['AZURE_CLIENT_SECRET'] = found.secret;
    const { sql, profile } = world.door({ principal: admin });
    for (const text of [
      'CREATE TABLE dbo.cell (id int IDENTITY PRIMARY KEY, marker nvarchar(100) NOT NULL);',
      'CREATE TABLE dbo.many (id int NOT NULL PRIMARY KEY, filler nvarchar(100) NOT NULL);',
      "INSERT INTO dbo.many (id, filler) SELECT TOP (3000) ROW_NUMBER() OVER (ORDER BY (SELECT 1)), N'row value of many' FROM sys.objects a CROSS JOIN sys.objects b CROSS JOIN sys.objects c;",
      `CREATE USER [${worker}] FROM EXTERNAL PROVIDER;`,
      `GRANT SELECT, INSERT ON dbo.cell TO [${worker}];`,
      `GRANT SELECT ON dbo.many TO [${worker}];`,
      `CREATE USER [${application}] FROM EXTERNAL PROVIDER;`,
      `GRANT SELECT, INSERT ON dbo.cell TO [${application}]; GRANT SELECT ON dbo.many TO [${application}];`,
      `GRANT INSERT ON dbo.cell TO [${group}];`,
      `CREATE ROLE ${role}; GRANT INSERT ON dbo.cell TO ${role};`,
    ])
      await sql.query(profile, { text });
    return world;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#doors.map(({ sql }) => sql.dispose()));
    await this.azure.stop();
    for (const name of ['AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'AZURE_CLIENT_SECRET'])
      delete process.env[name];
  }

  /** A name that no other cell has; rows carry it, and the log must not. */
  nextMarker(): string {
    return `row-value-${++this.#cells}-${Math.random().toString(36).slice(2)}`;
  }

  door(
    options: {
      principal?: string;
      application?: string;
      credential?: 'environment' | undefined;
      profile?: Partial<ConnectionProfile>;
    } = {},
  ): Door {
    const { azure } = this;
    const principal = options.principal ?? worker;
    const cloud = localCloud(azure);
    const lines: string[] = [];
    const asked: TokenRequest[] = [];
    const waits: number[] = [];
    const tokens: string[] = [];
    const keep = (message: string, error?: unknown): void => {
      lines.push(error instanceof Error ? `${message} ${error.stack ?? ''}` : message);
    };
    const log: Log = { trace: keep, debug: keep, info: keep, warn: keep, error: keep };
    const door: Door = {
      sql: createSql({
        log,
        clock: {
          now: () => Date.now() + door.skipped,
          // What is waited for passes a hundred times faster.
          sleep: (ms, signal) => {
            waits.push(ms);
            door.skipped += ms;
            return new Promise((resolve, reject) => {
              const timer = setTimeout(resolve, ms / 100);
              signal?.addEventListener(
                'abort',
                () => {
                  clearTimeout(timer);
                  reject(cancelled());
                },
                { once: true },
              );
            });
          },
        },
        clouds: () => [cloud],
        confirmedHosts: { has: () => false },
        vscodeTokenSource: {
          getToken: async (request) => {
            asked.push(request);
            const text = await (door.token?.() ??
              azure.client.token({ principal }).then(({ accessToken }) => accessToken));
            tokens.push(text);
            return { token: text };
          },
        },
      }),
      profile: {
        id: `${principal} ${options.application ?? ''}`,
        name: 'cell',
        server: 'localhost',
        port: azure.tds.port,
        database: 'appdb',
        cloud: 'local',
        credential:
          options.credential === undefined
            ? { kind: 'vscode', tenant: azure.tenant.id }
            : { kind: options.credential },
        encryption: 'tls',
        connectTimeout: 5,
        requestTimeout: 0,
        maxPoolSize: 8,
        tables: [],
        ...(options.application === undefined ? {} : { applicationName: options.application }),
        ...options.profile,
      },
      asked,
      tokens,
      lines,
      waits,
      token: undefined,
      skipped: 0,
      signIns: 0,
    };
    door.sql.onDidNeedSignIn(({ needed }) => {
      if (needed) door.signIns++;
    });
    this.#doors.push(door);
    return door;
  }

  /** How often a marker is in the table, asked by the administrator. */
  async rowsOf(marker: string): Promise<number> {
    const { sql, profile } = (this.#admin ??= this.door({ principal: admin, application: 'count' }));
    const { rows } = await sql.query(profile, {
      text: 'SELECT COUNT(*) FROM dbo.cell WHERE marker = @marker;',
      parameters: [{ name: 'marker', value: marker, sqlType: 'nvarchar(100)' }],
    });
    return Number(rows[0]?.[0]);
  }
  #admin: Door | undefined;

  /** Runs a statement as the administrator. */
  async run(text: string): Promise<void> {
    const { sql, profile } = (this.#admin ??= this.door({ principal: admin, application: 'count' }));
    await sql.query(profile, { text });
  }

  async connectionsOf(application: string): Promise<number> {
    const all = await this.azure.client.connections();
    return all.filter(({ applicationName }) => applicationName === application).length;
  }
}

/** What a promise came to: 'works', or the code of a known failure; anything else is a bug and thrown. */
export async function outcomeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'works';
  } catch (error) {
    assert.ok(isAppError(error), `no known failure: ${error instanceof Error ? error.stack : String(error)}`);
    return (error satisfies AppError).code;
  }
}
