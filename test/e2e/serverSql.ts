// T-SQL as the server's administrator, beside the product: what "somebody else" does to the database during an e2e.
import { Connection, Request } from 'tedious';
import * as fs from 'node:fs';
import * as tls from 'node:tls';
import type { LocalAzureProcess } from '../azure/process.ts';

/** Runs batches one after the other in one session of appdb. @throws the driver's error of the first that fails */
export async function asAdministrator(azure: LocalAzureProcess, ...batches: string[]): Promise<void> {
  const { accessToken: token } = await azure.client.token({ principal: 'ada@contoso.example' });
  const connection = new Connection({
    server: 'localhost',
    authentication: { type: 'azure-active-directory-access-token', options: { token } },
    options: {
      port: azure.tds.port,
      database: 'appdb',
      encrypt: true,
      trustServerCertificate: false,
      cryptoCredentialsDetails: { ca: [...tls.rootCertificates, fs.readFileSync(azure.caFile, 'utf8')] },
    },
  });
  await new Promise<void>((resolve, reject) => {
    connection.connect((error) => (error ? reject(error) : resolve()));
  });
  try {
    for (const batch of batches) await run(connection, batch);
  } finally {
    await new Promise<void>((resolve) => {
      connection.once('end', () => resolve());
      connection.close();
    });
  }
}

function run(connection: Connection, batch: string): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.execSqlBatch(new Request(batch, (error) => (error ? reject(error) : resolve())));
  });
}
