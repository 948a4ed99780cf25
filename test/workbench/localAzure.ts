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
        audience: azure.audience,
        authority: azure.issuer,
        caFile: azure.caFile,
      },
    ],
  };
}

/** For the extension host: the fixture's door to the directory, a managed-identity endpoint, and the authority's CA. */
export function localAzureEnvironment(
  azure: LocalAzureProcess,
  identity = 'app-orders',
): Record<string, string> {
  const header = azure.msi.headers[identity];
  if (!header) throw new Error(`${identity} is no system-assigned identity of the local directory`);
  return {
    LOCAL_AZURE_JSON: JSON.stringify({ tds: azure.tds, control: azure.control, tenant: azure.tenant }),
    NODE_EXTRA_CA_CERTS: azure.caFile,
    IDENTITY_ENDPOINT: azure.msi.url,
    IDENTITY_HEADER: header,
  };
}

/** A saved connection to the sample database, as the extension itself would write it for `upn`. */
export async function connectionFor(azure: LocalAzureProcess, upn: string): Promise<Record<string, unknown>> {
  const { account } = await azure.client.token({ principal: upn });
  return {
    id: 'sample',
    name: 'appdb',
    server: 'localhost',
    port: azure.tds.port,
    database: 'appdb',
    cloud: localCloudName,
    credential: { kind: 'vscode', account: { id: account.id, label: account.label } },
    encryption: 'tls',
    connectTimeout: 15,
    requestTimeout: 0,
    maxPoolSize: 10,
    tables: [{ schema: 'dbo', name: 'user' }],
  };
}
