// The clouds a connection can belong to: where its tokens may go and for which audience they are asked. The server has no say in it.

/** One cloud. A token of this cloud is only ever sent to `hostSuffix` itself or a host below it. */
export interface Cloud {
  /** Stable id: 'public', 'usgov', 'china', or the name of a custom cloud from the user's settings. */
  id: string;
  label: string;
  /** Without a leading dot: 'database.windows.net'. */
  hostSuffix: string;
  /** Resource of the token without '/.default', no trailing slash: 'https://database.windows.net'. */
  audience: string;
  /** Entra authority without trailing slash: 'https://login.microsoftonline.com'. */
  authority: string;
  /** Azure Resource Manager endpoint, no trailing slash; undefined when the cloud has none. */
  resourceManager: string | undefined;
  /** VS Code authentication provider. */
  vscodeProvider: 'microsoft' | 'microsoft-sovereign-cloud';
  /** PEM file of a further certificate authority, custom clouds only. */
  caFile: string | undefined;
}

/** Hosts and audiences: facts/entra-and-drivers.md section 1, from Microsoft Learn "Azure SQL endpoints" per cloud. */
export const builtInClouds: readonly Cloud[] = [
  {
    id: 'public',
    label: 'Azure',
    hostSuffix: 'database.windows.net',
    audience: 'https://database.windows.net',
    authority: 'https://login.microsoftonline.com',
    resourceManager: 'https://management.azure.com',
    vscodeProvider: 'microsoft',
    caFile: undefined,
  },
  {
    id: 'usgov',
    label: 'Azure US Government',
    hostSuffix: 'database.usgovcloudapi.net',
    audience: 'https://database.usgovcloudapi.net',
    authority: 'https://login.microsoftonline.us',
    resourceManager: 'https://management.usgovcloudapi.net',
    vscodeProvider: 'microsoft-sovereign-cloud',
    caFile: undefined,
  },
  {
    id: 'china',
    label: 'Azure China',
    hostSuffix: 'database.chinacloudapi.cn',
    audience: 'https://database.chinacloudapi.cn',
    authority: 'https://login.chinacloudapi.cn',
    resourceManager: 'https://management.chinacloudapi.cn',
    vscodeProvider: 'microsoft-sovereign-cloud',
    caFile: undefined,
  },
];

/** Whether `host` is the cloud's suffix or lies below it. Case and one trailing dot do not matter. */
export function hostBelongsTo(cloud: Cloud, host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  const suffix = cloud.hostSuffix.toLowerCase();
  return name === suffix || name.endsWith(`.${suffix}`);
}

/** The cloud a host belongs to, custom ones first; undefined for a host that a person must confirm. */
export function cloudOfHost(host: string, clouds: readonly Cloud[]): Cloud | undefined {
  return clouds.find((cloud) => hostBelongsTo(cloud, host));
}

/** The v2 scope of a cloud's SQL token; one spelling everywhere because it is part of every token cache key. */
export function sqlScope(cloud: Cloud): string {
  return `${cloud.audience}/.default`;
}
