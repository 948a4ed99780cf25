// The tier of clients that nobody here wrote: each against a local Azure of its own process. Ends with "N passed, N failed, N skipped".
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnLocalAzure, type LocalAzureProcess } from '../azure/process.ts';
import type { Client, Report, Target } from './client.ts';
import { bsqldbClient, tsqlClient } from './freetdsClients.ts';
import { runBatch } from './setUp.ts';
import { goClient, javaClient, pythonClient } from './tokenClients.ts';

const database = 'drivers';
const administrator = 'ada@contoso.example';
const reader = 'grace@contoso.example';
const localReader = 'local_reader';

async function makeTarget(azure: LocalAzureProcess, folder: string): Promise<Target> {
  const token = async (principal: string, lifetime?: number): Promise<string> =>
    (await azure.client.token({ principal, ...(lifetime === undefined ? {} : { lifetime }) })).accessToken;
  if (!azure.sqlLogin) throw new Error('The local Azure has no SQL login');
  const adminToken = await token(administrator);
  const statements = [
    `CREATE USER [${reader}] FROM EXTERNAL PROVIDER;`,
    `ALTER ROLE db_datareader ADD MEMBER [${reader}];`,
    `CREATE USER [${localReader}] WITHOUT LOGIN;`,
    `ALTER ROLE db_datareader ADD MEMBER [${localReader}];`,
  ];
  await runBatch(azure, adminToken, database, statements.join('\n'));
  return {
    host: azure.tds.host,
    port: azure.tds.port,
    database,
    caFile: azure.caFile,
    token: adminToken,
    readerToken: await token(reader),
    badToken: await token(administrator, -600),
    localReader,
    sqlLogin: azure.sqlLogin,
    folder,
  };
}

/** What speaks against the client: failed checks, and promised ones that it never reported. */
function complaints(client: Client, report: Report): string[] {
  const reported = new Set([...report.passed, ...report.failed.map(({ check }) => check)]);
  return [
    ...report.failed.map(({ check, reason }) => `${check}: ${reason}`),
    ...client.checks.filter((check) => !reported.has(check)).map((check) => `${check}: not reported`),
  ];
}

async function main(): Promise<boolean> {
  const asked = process.argv.slice(2);
  const all = [tsqlClient, bsqldbClient, goClient, javaClient, pythonClient];
  const clients = all.filter(({ name }) => asked.length === 0 || asked.some((word) => name.includes(word)));
  const required = process.env['REQUIRE_DRIVERS'] === '1';
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const azure = await spawnLocalAzure({ sample: false, databases: [database] });
  const folder = await mkdtemp(join(tmpdir(), 'drivers-'));
  try {
    const target = await makeTarget(azure, folder);
    for (const client of clients) {
      const reason = await client.prepare();
      if (reason !== undefined) {
        console.log(`${client.name}: not run: ${reason}`);
        counts[required ? 'failed' : 'skipped']++;
        continue;
      }
      const report = await client.run(target);
      const wrong = complaints(client, report);
      if (wrong.length === 0) {
        counts.passed++;
        console.log(`${client.name}: passed (${report.passed.length} checks)`);
      } else {
        counts.failed++;
        console.log(
          `${client.name}: failed (${report.passed.length} of ${client.checks.length} checks passed)`,
        );
        for (const line of wrong) console.log(`  ${line}`);
      }
    }
  } finally {
    await azure.stop();
    await rm(folder, { recursive: true, force: true });
  }
  if (counts.failed > 0) console.log(`The server said:\n${azure.log().slice(-4000)}`);
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  return counts.failed === 0;
}

process.exitCode = (await main()) ? 0 : 1;
