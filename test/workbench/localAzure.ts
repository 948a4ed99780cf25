// What a workbench needs to know of a running local Azure: the settings a user would write, and the environment of the fixtures.
import * as path from 'node:path';
import type { LocalAzureProcess } from '../azure/process.ts';

/** Stands in for Microsoft's sign-in page: accounts of the local directory, real signed tokens. */
export const microsoftAccountFixture = path.resolve(import.meta.dirname, '../fixtures/microsoft-account');

export const localCloudName = 'local';

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
