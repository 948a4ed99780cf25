// The soak's own process: workers on the product's door until the time is over; reads its order from stdin, prints its report as JSON.
import type { ConnectionProfile } from '../../src/core/connection.ts';
import { isAppError } from '../../src/core/errors.ts';
import type { BatchSink, Log, Sql } from '../../src/core/ports.ts';
import { createSql } from '../../src/data/main.ts';
import { ControlClient } from '../azure/control/controlClient.ts';
import type { SoakOrder, SoakReport } from './order.ts';
import { localCloud } from '../localCloud.ts';

const quiet = (): void => undefined;
const log: Log = { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet };
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
/** Milliseconds that a worker thinks between two requests, at most. */
const thought = 60;

async function readOrder(): Promise<SoakOrder> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as SoakOrder;
}

function doorOf({ azure, cap }: SoakOrder, control: ControlClient): Sql {
  const cloud = localCloud({ ...azure, issuer: azure.authority });
  return createSql({
    log,
    clock: { now: () => Date.now(), sleep: pause },
    clouds: () => [cloud],
    confirmedHosts: { has: () => false },
    vscodeTokenSource: {
      getToken: async () => ({ token: (await control.token({ principal: azure.person })).accessToken }),
    },
    maxConnectionsPerServer: () => cap,
    // The renewal is then as late as it may be, and can be counted.
    random: () => 0,
  });
}

function profiles({ azure }: SoakOrder): ConnectionProfile[] {
  const profile = {
    server: 'localhost',
    port: azure.port,
    database: 'appdb',
    cloud: 'local',
    encryption: 'tls',
    connectTimeout: 15,
    requestTimeout: 60,
    maxPoolSize: 6,
    tables: [],
  } as const;
  return [
    {
      ...profile,
      id: 'person',
      name: 'person',
      applicationName: 'soak',
      credential: { kind: 'vscode', tenant: azure.tenant },
    },
    {
      ...profile,
      id: 'application',
      name: 'application',
      applicationName: 'soak',
      credential: { kind: 'environment' },
    },
  ];
}

const sink: BatchSink = { columns: quiet, rows: quiet, statementDone: quiet, message: quiet };
const order = await readOrder();
const control = new ControlClient(order.azure.control);
const sql = doorOf(order, control);
const [person, application] = profiles(order);
if (person === undefined || application === undefined) throw new Error('no profiles');
const report: SoakReport = {
  reads: 0,
  written: 0,
  transactions: 0,
  sessions: 0,
  failures: {},
  unhandled: [],
  rows: 0,
  distinct: 0,
  mostConnections: 0,
  leftConnections: 0,
  created: 0,
  retired: {},
  heap: [],
  from: 0,
  to: 0,
};
process.on('unhandledRejection', (reason) => report.unhandled.push(String(reason)));

const insert = (
  marker: string,
): { text: string; parameters: { name: string; value: string; sqlType: string }[] } => ({
  text: 'INSERT INTO dbo.soak (marker) VALUES (@marker);',
  parameters: [{ name: 'marker', value: marker, sqlType: 'nvarchar(60)' }],
});

async function once(profile: ConnectionProfile, marker: string): Promise<void> {
  const choice = Math.random();
  if (choice < 0.6) {
    const { rows } = await sql.query(profile, {
      text: 'SELECT TOP (20) id, marker FROM dbo.soak ORDER BY id DESC;',
    });
    if (rows.length > 20) throw new Error('rows that were not asked for');
    report.reads++;
  } else if (choice < 0.85) {
    await sql.query(profile, insert(marker));
    report.written++;
  } else if (choice < 0.98) {
    await sql.transaction(profile, [insert(`${marker} a`), insert(`${marker} b`)]);
    report.written += 2;
    report.transactions++;
  } else {
    // A query editor that is opened, used and closed.
    const session = await sql.openSession(profile);
    try {
      await session.run({ text: 'BEGIN TRANSACTION;' }, sink);
      await session.run(insert(marker), sink);
      await session.run({ text: 'COMMIT;' }, sink);
      report.written++;
      report.sessions++;
    } finally {
      await session.close();
    }
  }
}

async function worker(number: number, profile: ConnectionProfile): Promise<void> {
  for (let turn = 0; Date.now() < end; turn++) {
    try {
      await once(profile, `${number} ${turn}`);
    } catch (error) {
      const what = isAppError(error) ? `${error.code}: ${error.message}` : String(error);
      report.failures[what] = (report.failures[what] ?? 0) + 1;
    }
    await pause(Math.random() * thought);
  }
}

/** Connections that are open or being opened, as the server counts them. */
async function connections(): Promise<number> {
  return (await control.connections()).filter(({ applicationName }) => applicationName === 'soak').length;
}

const over = new AbortController();
async function watch(): Promise<void> {
  for (let look = 0; !over.signal.aborted; look++) {
    report.mostConnections = Math.max(report.mostConnections, await connections());
    if (look % 8 === 0) {
      globalThis.gc?.();
      report.heap.push(process.memoryUsage().heapUsed);
    }
    await pause(order.seconds * 1000 > 60_000 ? 500 : 125);
  }
}

report.from = Date.now();
const end = report.from + order.seconds * 1000;
const watching = watch();
await Promise.all(
  Array.from({ length: order.workers }, (_, number) =>
    worker(number, number % 2 === 0 ? person : application),
  ),
);
report.to = Date.now();
over.abort();
await watching;
for (const profile of [person, application]) {
  const known = sql.diagnostics(profile);
  report.created += known?.created ?? 0;
  for (const [reason, count] of Object.entries(known?.retired ?? {}))
    report.retired[reason] = (report.retired[reason] ?? 0) + count;
}
await sql.dispose();
for (let tries = 0; tries < 40 && (report.leftConnections = await connections()) > 0; tries++)
  await pause(50);
process.stdout.write(JSON.stringify(report), () => process.exit(0));
