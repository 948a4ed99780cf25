// One measured run of the streaming benchmark, in a process of its own: reads its orders from stdin, prints one JSON line.
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as tls from 'node:tls';
import type { ColumnMeta } from '../../src/core/ports.ts';
import type { RowStore } from '../../src/core/resultSet.ts';
import { createRowStores } from '../../src/data/main.ts';
import { TdsClient } from '../azure/tds/tdsClient.ts';
import { PacketType } from '../azure/tds/packetReader.ts';
import { watched } from './measure.ts';
import { door, profileOf, type Target } from './target.ts';

/** The local Azure replays the rows of exactly this text once it has run (see `--pre-encode`). */
export const streamStatement =
  '-- pre-encoded\nSELECT id, first_name, last_name, amount, created FROM dbo.bench_rows ORDER BY id';

export interface StreamResult {
  rowsPerSecond: number;
  /** MiB above the start. */
  peakMemory: number;
  /** Milliseconds. */
  loopP99: number;
}

interface Order {
  target: Target;
  sqlLogin: { user: string; password: string };
  rows: number;
}

type Runner = (
  order: Order,
) => Promise<{ rows: number; seconds: number; loopP99: number; peakMemory: number }>;

async function timed(
  work: () => Promise<number>,
): Promise<{ rows: number; seconds: number; loopP99: number; peakMemory: number }> {
  const { result, loopP99, peakMemory } = await watched(async () => {
    const started = performance.now();
    const rows = await work();
    return { rows, seconds: (performance.now() - started) / 1000 };
  });
  return { ...result, loopP99, peakMemory };
}

/** Our query path as an editor uses it: the session streams into the row store, and windows are read meanwhile and afterwards. */
const ours: Runner = async ({ target, rows }) => {
  const sql = door(target);
  const session = await sql.openSession(profileOf(target));
  const stores = createRowStores();
  let store: RowStore | undefined;
  const measured = await timed(async () => {
    await session.run(
      { text: streamStatement },
      {
        columns: (columns: readonly ColumnMeta[]) => {
          store = stores.create(columns);
        },
        rows: (block) => store?.append(block),
        statementDone: () => undefined,
        message: () => undefined,
      },
    );
    return store?.count ?? 0;
  });
  for (const start of [0, rows / 2, rows - 200]) {
    const window = await store?.window(start, 200);
    if (window?.length !== 200 || window[0]?.[0] !== start + 1)
      throw new Error(`window at ${start} is wrong`);
  }
  await store?.dispose();
  await session.close();
  await sql.dispose();
  return measured;
};

interface RawMssql {
  ConnectionPool: new (config: object) => {
    connect(): Promise<unknown>;
    close(): Promise<unknown>;
    request(): {
      stream: boolean;
      on(event: string, listener: (value: unknown) => void): void;
      query(text: string): void;
    };
  };
}

/** node-mssql flat out, as its README streams; rows are counted and let go. */
const mssql: Runner = async ({ target }) => {
  const { ConnectionPool } = createRequire(import.meta.url)('mssql') as RawMssql;
  const pool = new ConnectionPool({
    server: 'localhost',
    port: target.port,
    database: target.database,
    requestTimeout: 0,
    authentication: { type: 'azure-active-directory-access-token', options: { token: target.token } },
    options: {
      encrypt: true,
      trustServerCertificate: false,
      cryptoCredentialsDetails: {
        ca: [...tls.getCACertificates('default'), fs.readFileSync(target.caFile, 'utf8')],
      },
    },
  });
  await pool.connect();
  const measured = await timed(
    () =>
      new Promise<number>((resolve, reject) => {
        const request = pool.request();
        request.stream = true;
        let count = 0;
        request.on('row', () => {
          count++;
        });
        request.on('error', (error) => reject(error instanceof Error ? error : new Error(String(error))));
        request.on('done', () => resolve(count));
        request.query(streamStatement);
      }),
  );
  await pool.close();
  return measured;
};

/** Reads the answer's bytes and throws them away: what the server can send. */
const drain: Runner = async ({ target, sqlLogin, rows }) => {
  const client = await TdsClient.open({
    host: 'localhost',
    port: target.port,
    ca: fs.readFileSync(target.caFile, 'utf8'),
  });
  client.login({ ...sqlLogin, database: target.database });
  await client.message();
  const headers = Buffer.alloc(22);
  headers.writeUInt32LE(22, 0);
  headers.writeUInt32LE(18, 4);
  headers.writeUInt16LE(2, 8);
  headers.writeUInt32LE(1, 18);
  const measured = await timed(async () => {
    client.send(PacketType.batch, Buffer.concat([headers, Buffer.from(streamStatement, 'utf16le')]));
    let bytes = 0;
    for (;;) {
      const { body, last } = await client.next();
      bytes += body.length;
      if (last) break;
    }
    // Five columns of a row take at least forty bytes: an error message instead of rows would be far shorter.
    if (bytes < rows * 40) throw new Error(`only ${bytes} bytes came`);
    return rows;
  });
  client.close();
  return measured;
};

if (process.argv[1] === import.meta.filename) {
  const order = JSON.parse(fs.readFileSync(0, 'utf8')) as Order;
  const runners: Record<string, Runner> = { ours, mssql, drain };
  const runner = runners[process.argv[2] ?? ''];
  if (!runner) throw new Error(`no such run: ${process.argv[2]}`);
  const { rows, seconds, loopP99, peakMemory } = await runner(order);
  if (rows !== order.rows) throw new Error(`${rows} rows came instead of ${order.rows}`);
  const result: StreamResult = { rowsPerSecond: rows / seconds, peakMemory, loopP99 };
  console.log(JSON.stringify(result));
  process.exit(0);
}
