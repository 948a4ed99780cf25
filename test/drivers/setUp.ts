// The database that the clients use: made by the server's admin before they start.
import { readFileSync } from 'node:fs';
import { Connection, Request } from 'tedious';
import type { LocalAzureProcess } from '../azure/process.ts';

/** Runs one batch as the holder of the token. @throws Error in the server's words */
export async function runBatch(
  azure: LocalAzureProcess,
  token: string,
  database: string,
  text: string,
): Promise<void> {
  const connection = new Connection({
    server: azure.tds.host,
    authentication: { type: 'azure-active-directory-access-token', options: { token } },
    options: {
      port: azure.tds.port,
      database,
      encrypt: true,
      trustServerCertificate: false,
      cryptoCredentialsDetails: { ca: readFileSync(azure.caFile) },
    },
  });
  await new Promise<void>((resolve, reject) => {
    connection.connect((error) => {
      if (error) reject(error);
      else resolve();
    });
  });
  try {
    await new Promise<void>((resolve, reject) => {
      const request = new Request(text, (error) => {
        if (error) reject(error);
        else resolve();
      });
      connection.execSqlBatch(request);
    });
  } finally {
    connection.close();
  }
}
