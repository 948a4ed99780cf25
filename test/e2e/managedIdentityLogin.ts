// Logs in to the local Azure as a managed identity the way an app does: a token from the identity endpoint, in a driver of its own.
import { Connection, Request, type ConnectionConfiguration } from 'tedious';
import * as fs from 'node:fs';
import * as tls from 'node:tls';
import type { LocalAzureProcess } from '../azure/process.ts';

export interface IdentityLogin {
  /** The server's words when it refused the login. */
  error: string | undefined;
  query(text: string): Promise<{ rows: number; errorNumber: number | undefined }>;
  close(): Promise<void>;
}

async function identityToken(azure: LocalAzureProcess, identity: string): Promise<string> {
  const url = `${azure.msi.url}?api-version=2019-08-01&resource=${encodeURIComponent(azure.audience)}`;
  const response = await fetch(url, { headers: { 'x-identity-header': azure.msi.headers[identity] ?? '' } });
  const answer = (await response.json()) as { access_token?: string };
  if (!answer.access_token) throw new Error(`no token for ${identity}: ${JSON.stringify(answer)}`);
  return answer.access_token;
}

export async function managedIdentityLogin(
  azure: LocalAzureProcess,
  identity: string,
  database: string,
): Promise<IdentityLogin> {
  const config: ConnectionConfiguration = {
    server: 'localhost',
    authentication: {
      type: 'azure-active-directory-access-token',
      options: { token: await identityToken(azure, identity) },
    },
    options: {
      port: azure.tds.port,
      database,
      encrypt: true,
      trustServerCertificate: false,
      cryptoCredentialsDetails: { ca: [...tls.rootCertificates, fs.readFileSync(azure.caFile, 'utf8')] },
    },
  };
  const connection = new Connection(config);
  const error = await new Promise<string | undefined>((resolve) => {
    connection.connect((failure) => resolve(failure?.message));
  });
  return {
    error,
    query: (text) =>
      new Promise((resolve) => {
        const request = new Request(text, (failure, rows) => {
          const number = failure && 'number' in failure ? Number(failure.number) : undefined;
          resolve({ rows: rows ?? 0, errorNumber: number });
        });
        connection.execSql(request);
      }),
    close: () =>
      new Promise((resolve) => {
        if (error !== undefined) return resolve();
        connection.once('end', () => resolve());
        connection.close();
      }),
  };
}
