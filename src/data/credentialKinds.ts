// The credentials of @azure/identity that a connection can name: how each is made, how long it may take, and what it needs to be there.
import type { TokenCredential } from '@azure/identity';
import type { Cloud } from '../core/cloud.ts';
import type { CredentialChoice, CredentialKind } from '../core/connection.ts';
import { ownAuthority, type Authority } from './poolConfig.ts';

export type Identity = typeof import('@azure/identity');
export type IdentityKind = Exclude<CredentialKind, 'vscode'>;

export interface CredentialRow {
  /** What it is called wherever people read. */
  label: string;
  /** Milliseconds until nobody waits for it any longer. Most have no limit of their own. */
  timeout: number;
  /** `processTimeout` in milliseconds: how long a command line may run. */
  create(identity: Identity, choice: CredentialChoice, cloud: Cloud, processTimeout: number): TokenCredential;
  /** Environment variables that must be set and are not, for people. */
  missing?(choice: CredentialChoice): readonly string[];
}

const second = 1000;
const microsoftAuthority =
  /^https:\/\/login\.(microsoftonline\.(com|us)|chinacloudapi\.cn|partner\.microsoftonline\.cn)$/;

interface AuthorityOptions {
  authorityHost: string;
  disableInstanceDiscovery?: true;
  tlsOptions?: Authority;
}

/** Where the tokens of a cloud are issued, and by which certificates it is believed. */
function authority(cloud: Cloud): AuthorityOptions {
  return {
    authorityHost: cloud.authority,
    // Instance discovery asks the public cloud whether an authority is known: it cannot know a custom one.
    ...(microsoftAuthority.test(cloud.authority) ? {} : { disableInstanceDiscovery: true as const }),
    ...(cloud.caFile === undefined ? {} : { tlsOptions: ownAuthority(cloud) }),
  };
}

const tenantOf = ({ tenant }: CredentialChoice): { tenantId?: string } =>
  tenant === undefined ? {} : { tenantId: tenant };
const clientOf = ({ clientId }: CredentialChoice): { clientId?: string } =>
  clientId === undefined ? {} : { clientId };

function unset(...names: readonly string[]): string[] {
  return names.filter((name) => !process.env[name]);
}

/** Of alternatives, the first is the one that is named. */
function noneOf(...alternatives: readonly (readonly string[])[]): string[] {
  const [first = []] = alternatives;
  return alternatives.some((names) => unset(...names).length === 0) ? [] : unset(...first);
}

/** In the order in which they are offered (facts/entra-and-drivers.md section 2). */
export const credentialKinds: Record<IdentityKind, CredentialRow> = {
  // The command lines ask Entra of the cloud that they are signed in to themselves: there is no authority to give them.
  azureCli: {
    label: 'Azure CLI',
    timeout: 30 * second,
    create: (identity, choice, _cloud, processTimeoutInMs) =>
      new identity.AzureCliCredential({ ...tenantOf(choice), processTimeoutInMs }),
  },
  azureDeveloperCli: {
    label: 'Azure Developer CLI',
    timeout: 30 * second,
    create: (identity, choice, _cloud, processTimeoutInMs) =>
      new identity.AzureDeveloperCliCredential({ ...tenantOf(choice), processTimeoutInMs }),
  },
  azurePowerShell: {
    label: 'Azure PowerShell',
    // Loading Az.Accounts alone can take ten seconds.
    timeout: 60 * second,
    create: (identity, choice, _cloud, processTimeoutInMs) =>
      new identity.AzurePowerShellCredential({ ...tenantOf(choice), processTimeoutInMs }),
  },
  managedIdentity: {
    label: 'Managed identity',
    timeout: 20 * second,
    create: (identity, choice) => {
      // One quick question whether there is an endpoint at all, as DefaultAzureCredential does: else the address of a virtual
      // machine's endpoint is tried again and again where nobody has it.
      const options = { ...clientOf(choice), sendProbeRequest: true };
      return new identity.ManagedIdentityCredential(options);
    },
  },
  workloadIdentity: {
    label: 'Workload identity',
    timeout: 30 * second,
    create: (identity, choice, cloud) =>
      new identity.WorkloadIdentityCredential({
        ...tenantOf(choice),
        ...clientOf(choice),
        ...authority(cloud),
      }),
    missing: ({ tenant, clientId }) => [
      ...(tenant === undefined ? unset('AZURE_TENANT_ID') : []),
      ...(clientId === undefined ? unset('AZURE_CLIENT_ID') : []),
      ...unset('AZURE_FEDERATED_TOKEN_FILE'),
    ],
  },
  environment: {
    label: 'Environment',
    timeout: 30 * second,
    create: (identity, _choice, cloud) => new identity.EnvironmentCredential(authority(cloud)),
    missing: () => [
      ...unset('AZURE_TENANT_ID', 'AZURE_CLIENT_ID'),
      ...noneOf(
        ['AZURE_CLIENT_SECRET'],
        ['AZURE_CLIENT_CERTIFICATE_PATH'],
        ['AZURE_USERNAME', 'AZURE_PASSWORD'],
      ),
    ],
  },
  default: {
    label: 'DefaultAzureCredential',
    // Several command lines, one after the other.
    timeout: 90 * second,
    create: (identity, choice, cloud, timeout) =>
      new identity.DefaultAzureCredential({
        ...tenantOf(choice),
        ...(choice.clientId === undefined ? {} : { managedIdentityClientId: choice.clientId }),
        ...authority(cloud),
        processTimeoutInMs: Math.min(timeout, 30 * second),
      }),
  },
  visualStudioCode: {
    label: 'VisualStudioCodeCredential',
    timeout: 30 * second,
    create: (identity, choice, cloud) =>
      new identity.VisualStudioCodeCredential({ ...tenantOf(choice), ...authority(cloud) }),
  },
};

/** What a credential kind is called. */
export function sourceLabel(kind: CredentialKind): string {
  return kind === 'vscode' ? 'VS Code account' : credentialKinds[kind].label;
}

/** What a credential inside another is called; by class, for the names of classes do not outlive the bundler. */
export function innerLabel(identity: Identity, credential: object): string | undefined {
  const classes: readonly (readonly [abstract new (...args: never[]) => object, IdentityKind])[] = [
    [identity.EnvironmentCredential, 'environment'],
    [identity.WorkloadIdentityCredential, 'workloadIdentity'],
    [identity.ManagedIdentityCredential, 'managedIdentity'],
    [identity.VisualStudioCodeCredential, 'visualStudioCode'],
    [identity.AzureCliCredential, 'azureCli'],
    [identity.AzurePowerShellCredential, 'azurePowerShell'],
    [identity.AzureDeveloperCliCredential, 'azureDeveloperCli'],
  ];
  const kind = classes.find(([made]) => credential instanceof made)?.[1];
  return kind === undefined ? undefined : credentialKinds[kind].label;
}
