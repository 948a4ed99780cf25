// What a workbench needs to know of a running local Azure: the settings a user would write, and the environment of the fixtures.
import * as path from 'node:path';
import type { LocalAzureProcess } from '../azure/process.ts';

/** Stands in for Microsoft's sign-in page: accounts of the local directory, real signed tokens. */
export const microsoftAccountFixture = path.resolve(import.meta.dirname, '../fixtures/microsoft-account');

export const localCloudName = 'local';

export const extensionId = 'passwordless-sql.passwordless-sql';

/** The one switch: a custom cloud, as any user could write it. */
export function localAzureSettings(azure: LocalAzureProcess): Record<string, unknown> {
  return {
    'passwordlessSql.customClouds': [
      {
        name: localCloudName,
        hostSuffix: 'localhost',
        audience: 'https://database.localhost/',
        authority: azure.issuer,
        caFile: azure.caFile,
      },
    ],
  };
}

/** For the extension host: the fixture's door to the directory, a managed-identity endpoint, and the authority's CA. */
export function localAzureEnvironment(azure: LocalAzureProcess): Record<string, string> {
  return {
    LOCAL_AZURE_JSON: JSON.stringify(azure.description),
    NODE_EXTRA_CA_CERTS: azure.caFile,
  };
}

/** A saved connection to the sample database, as the extension itself would write it for `upn`. */
export function connectionFor(azure: LocalAzureProcess, upn: string): Record<string, unknown> {
  const user = azure.directory.users.find((entry) => entry.upn === upn);
  if (!user) throw new Error(`${upn} is not in the local directory`);
  return {
    id: 'sample',
    name: 'appdb',
    server: 'localhost',
    port: azure.tds.port,
    database: 'appdb',
    cloud: localCloudName,
    credential: { kind: 'vscode', account: { id: `${user.objectId}.${azure.tenant}`, label: upn } },
    encryption: 'tls',
    connectTimeout: 15,
    requestTimeout: 0,
    maxPoolSize: 10,
    tables: [{ schema: 'dbo', name: 'user' }],
  };
}
