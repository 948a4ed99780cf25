// The APIs that a tenant has a service principal of: only for them does Entra make tokens.

/** By their application id URIs, without a trailing slash. */
const known = new Set([
  'https://database.localhost',
  'https://database.windows.net',
  'https://graph.microsoft.com',
  'https://management.azure.com',
  'https://management.core.windows.net',
  'https://vault.azure.net',
]);

/** AADSTS500011 otherwise. */
export function isKnownResource(resource: string): boolean {
  return known.has(resource.toLowerCase().replace(/\/+$/, ''));
}

export function unknownResource(resource: string, tenant: string): string {
  return `The resource principal named ${resource} was not found in the tenant named ${tenant}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.`;
}
