// A soak: many workers for a long time on tokens that end all the while, and what must hold at its end.
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { spawnLocalAzure } from '../azure/process.ts';
import { connectWithToken, query } from '../azure/control/tediousClient.ts';
import { heapGrowth, refreshWindows, type SoakOrder, type SoakReport } from './order.ts';

/** Bytes of heap that may come in the last third over the first: caches of the driver and of the runtime settle late. */
const mostGrowth = 3 * 1024 * 1024;

export interface SoakOutcome {
  report: SoakReport;
  tokens: { who: string; asked: number; expected: number }[];
  /** What does not hold; empty is good. */
  broken: string[];
}

/** @param seconds at least two lives of a token */
export async function soak(
  {
    seconds,
    workers = 32,
    cap = 14,
    lifetime = 20,
  }: { seconds: number; workers?: number; cap?: number; lifetime?: number },
  onProgress: (line: string) => void = () => undefined,
): Promise<SoakOutcome> {
  const azure = await spawnLocalAzure();
  try {
    const [application] = azure.applications;
    if (application === undefined) throw new Error('the local Azure has no application with a secret');
    const person = 'ada@contoso.example';
    const { accessToken: token } = await azure.client.token({ principal: person });
    const ca = fs.readFileSync(azure.caFile, 'utf8');
    const admin = await connectWithToken({ port: azure.tds.port, ca, database: 'appdb', token });
    const run = (text: string): Promise<unknown[][]> => query(admin, text);
    await run('CREATE TABLE dbo.soak (id int IDENTITY PRIMARY KEY, marker nvarchar(60) NOT NULL);');
    await run(
      `CREATE USER [${application.name}] FROM EXTERNAL PROVIDER; GRANT SELECT, INSERT ON dbo.soak TO [${application.name}];`,
    );
    await azure.client.setTokens({ lifetime, endsSessions: true });
    const ids = await Promise.all([person, application.name].map((name) => idOf(azure.client, name)));
    const before = (await azure.client.state()).issued;
    const order: SoakOrder = {
      azure: {
        port: azure.tds.port,
        caFile: azure.caFile,
        authority: azure.issuer,
        audience: azure.audience,
        tenant: azure.tenant.id,
        control: azure.control,
        person,
        application: application.name,
      },
      seconds,
      workers,
      cap,
      lifetime,
    };
    const progress = async (): Promise<void> => {
      const { issued, connections } = await azure.client.state();
      const count = ids.map((id) => (issued[id] ?? 0) - (before[id] ?? 0)).join(' and ');
      onProgress(`${connections.length} connections, ${count} tokens`);
    };
    const timer = setInterval(() => void progress(), 60_000);
    const report = await inItsProcess(order, {
      AZURE_TENANT_ID: azure.tenant.id,
      AZURE_CLIENT_ID: application.appId,
      AZURE_CLIENT_SECRET: application.secret,
    }).finally(() => clearInterval(timer));
    const { issued } = await azure.client.state();
    await azure.client.setTokens({ lifetime: 3600, endsSessions: false });
    const [[rows, distinct] = []] = await run('SELECT COUNT(*), COUNT(DISTINCT marker) FROM dbo.soak;');
    report.rows = Number(rows);
    report.distinct = Number(distinct);
    admin.close();
    const tokens = [person, application.name].map((who, index) => ({
      who,
      asked: (issued[ids[index] ?? ''] ?? 0) - (before[ids[index] ?? ''] ?? 0),
      expected: refreshWindows(report.from, report.to, lifetime),
    }));
    return { report, tokens, broken: [...broken(report, tokens, cap)] };
  } finally {
    await azure.stop();
  }
}

function* broken(report: SoakReport, tokens: SoakOutcome['tokens'], cap: number): Generator<string> {
  for (const [failure, times] of Object.entries(report.failures)) yield `${times} times: ${failure}`;
  for (const reason of report.unhandled) yield `a promise failed with nobody to hear of it: ${reason}`;
  if (report.rows !== report.written || report.distinct !== report.rows)
    yield `${report.written} rows were told to be written, ${report.rows} are there, ${report.distinct} different ones`;
  for (const { who, asked, expected } of tokens) {
    if (Math.abs(asked - expected) > 1) yield `${asked} tokens of ${who} instead of ${expected}`;
  }
  if (report.mostConnections > cap)
    yield `${report.mostConnections} connections at a time, and ${cap} were allowed`;
  if (report.leftConnections > 0) yield `${report.leftConnections} connections were left open`;
  if (heapGrowth(report.heap) > mostGrowth) yield `the heap grew by ${mebibytes(heapGrowth(report.heap))}`;
}

export const mebibytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(2)} MiB`;

function inItsProcess(order: SoakOrder, variables: Record<string, string>): Promise<SoakReport> {
  const child = spawn(process.execPath, ['--expose-gc', path.join(import.meta.dirname, 'work.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '', ...variables },
  });
  let text = '';
  child.stdout.on('data', (data: Buffer) => {
    text += data.toString('utf8');
  });
  child.stdin.end(JSON.stringify(order));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(text) as SoakReport);
      else reject(new Error(`the soak's process ended with ${code}: ${text.slice(0, 1000)}`));
    });
  });
}

async function idOf(
  client: { directory(): Promise<{ id: string; displayName: string; upn?: string }[]> },
  name: string,
): Promise<string> {
  const found = (await client.directory()).find(
    ({ displayName, upn }) => displayName === name || upn === name,
  );
  if (found === undefined) throw new Error(`Nobody is called ${name}`);
  return found.id;
}
