import { monitorEventLoopDelay } from 'node:perf_hooks';
import { readFileSync } from 'node:fs';
import * as tls from 'node:tls';
import { createRequire } from 'node:module';
import { createSql, createRowStores } from '../../../src/data/main.ts';
const port = Number(process.argv[2]);
const kind = process.argv[3];
const jwt = `e30.${Buffer.from(JSON.stringify({ aud: 'https://database.localhost/', tid: 't', oid: 'o', exp: Math.floor(Date.now() / 1000) + 3600, iat: Math.floor(Date.now() / 1000) })).toString('base64url')}.x`;
let work: () => Promise<number>;
if (kind === 'mssql') {
  const { ConnectionPool } = createRequire(import.meta.url)('mssql');
  const pool = new ConnectionPool({
    server: 'localhost',
    port,
    database: 'app',
    requestTimeout: 0,
    authentication: { type: 'azure-active-directory-access-token', options: { token: 'x' } },
    options: { encrypt: true, cryptoCredentialsDetails: { ca: [readFileSync('/tmp/zz-ca.pem', 'utf8')] } },
  });
  await pool.connect();
  work = () =>
    new Promise((resolve, reject) => {
      const r = pool.request();
      r.stream = true;
      let n = 0;
      r.on('row', () => {
        n++;
      });
      r.on('error', reject);
      r.on('done', () => resolve(n));
      r.query('SELECT x');
    });
} else {
  const log = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
  const sql = createSql({
    log,
    clock: { now: Date.now, sleep: async () => {} },
    clouds: () => [
      {
        id: 'local',
        label: 'l',
        hostSuffix: 'localhost',
        audience: 'https://database.localhost',
        authority: 'https://x',
        resourceManager: undefined,
        vscodeProvider: 'microsoft',
        caFile: '/tmp/zz-ca.pem',
      },
    ],
    confirmedHosts: { has: () => false },
    vscodeTokenSource: { getToken: async () => jwt },
  });
  const s = await sql.openSession({
    id: 'c',
    name: 'n',
    server: 'localhost',
    port,
    database: 'app',
    cloud: 'local',
    credential: { kind: 'vscode' },
    encryption: 'tls',
    connectTimeout: 15,
    requestTimeout: 0,
    maxPoolSize: 10,
    tables: [],
  });
  work = async () => {
    let store: any;
    let n = 0;
    await s.run(
      { text: 'SELECT x' },
      {
        columns: (c) => {
          if (kind === 'ours') store = createRowStores().create(c);
        },
        rows: (b) => {
          n += b.length;
          return store?.append(b);
        },
        statementDone() {},
        message() {},
      },
    );
    return n;
  };
}
await new Promise((r) => setTimeout(r, 200));
const h = monitorEventLoopDelay({ resolution: 1 });
let peak = 0;
const base = process.memoryUsage().rss;
const t0 = performance.now();
h.enable();
const timer = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage().rss);
}, 50);
const n = await work();
h.disable();
clearInterval(timer);
const s = (performance.now() - t0) / 1000;
console.log(
  kind,
  n,
  Math.round(n / s / 1000) + 'k/s',
  'p99',
  (h.percentile(99) / 1e6).toFixed(1),
  'max',
  (h.max / 1e6).toFixed(1),
  'peak+',
  Math.round((peak - base) / 1048576),
);
process.exit(0);
