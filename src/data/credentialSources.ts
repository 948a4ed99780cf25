// Where tokens come from besides VS Code: one row per credential of @azure/identity. Nothing is chained: one kind, one identity.
import type { TokenCredential } from '@azure/identity';
import { sqlScope, type Cloud } from '../core/cloud.ts';
import type { CredentialChoice, CredentialKind } from '../core/connection.ts';
import { AppError, cancelled } from '../core/errors.ts';
import type { RawToken, TokenRequest, TokenSource } from '../core/ports.ts';
import { errorChain } from './errorChain.ts';

type Identity = typeof import('@azure/identity');
type IdentityKind = Exclude<CredentialKind, 'vscode'>;

/** A command line that hangs (a proxy, a prompt nobody sees) must not hang the tree; `az` itself takes one to three seconds. */
const processTimeoutInMs = 30_000;

interface SourceRow {
  label: string;
  create(identity: Identity, choice: CredentialChoice, cloud: Cloud): TokenCredential;
  /** What is missing when it is unavailable, and what mends it; appended to the error's own first line. */
  mend(choice: CredentialChoice): string;
}

const authority = (cloud: Cloud): { authorityHost: string; disableInstanceDiscovery?: true } => ({
  authorityHost: cloud.authority,
  // Instance discovery asks the public cloud whether an authority is known: it cannot know a custom one.
  ...(/^https:\/\/login\.(microsoftonline\.(com|us)|chinacloudapi\.cn)$/.test(cloud.authority)
    ? {}
    : { disableInstanceDiscovery: true as const }),
});
const tenantOf = ({ tenant }: CredentialChoice): { tenantId?: string } =>
  tenant === undefined ? {} : { tenantId: tenant };
const clientOf = ({ clientId }: CredentialChoice): { clientId?: string } =>
  clientId === undefined ? {} : { clientId };
const forTenant = ({ tenant }: CredentialChoice, option: string): string =>
  tenant === undefined ? '' : ` ${option} ${tenant}`;

/** In the order in which they are offered (facts/entra-and-drivers.md section 2). */
const rows: Record<IdentityKind, SourceRow> = {
  azureCli: {
    label: 'Azure CLI',
    create: (identity, choice) =>
      new identity.AzureCliCredential({ ...tenantOf(choice), processTimeoutInMs }),
    mend: (choice) =>
      `Install the Azure CLI (https://aka.ms/azure-cli) if it is missing, then run: az login${forTenant(choice, '--tenant')}`,
  },
  azureDeveloperCli: {
    label: 'Azure Developer CLI',
    create: (identity, choice) =>
      new identity.AzureDeveloperCliCredential({ ...tenantOf(choice), processTimeoutInMs }),
    mend: (choice) =>
      `Install azd (https://aka.ms/azd) if it is missing, then run: azd auth login${forTenant(choice, '--tenant-id')}`,
  },
  azurePowerShell: {
    label: 'Azure PowerShell',
    create: (identity, choice) =>
      new identity.AzurePowerShellCredential({ ...tenantOf(choice), processTimeoutInMs }),
    mend: (choice) =>
      `Run in PowerShell: Install-Module Az.Accounts (once), then Connect-AzAccount${forTenant(choice, '-Tenant')}`,
  },
  managedIdentity: {
    label: 'Managed identity',
    create: (identity, choice) => new identity.ManagedIdentityCredential(clientOf(choice)),
    mend: () =>
      'A managed identity exists only inside Azure (VM, App Service, Functions, container, Arc). Is one assigned to this machine, and is the client id right?',
  },
  workloadIdentity: {
    label: 'Workload identity',
    create: (identity, choice, cloud) =>
      new identity.WorkloadIdentityCredential({
        ...tenantOf(choice),
        ...clientOf(choice),
        ...authority(cloud),
      }),
    mend: () =>
      'AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE must be set where VS Code runs; in Kubernetes the webhook of azure-workload-identity sets them.',
  },
  environment: {
    label: 'Environment',
    create: (identity, _choice, cloud) => new identity.EnvironmentCredential(authority(cloud)),
    mend: () =>
      'AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET (or AZURE_CLIENT_CERTIFICATE_PATH) must be set where VS Code runs.',
  },
  default: {
    label: 'DefaultAzureCredential',
    create: (identity, choice, cloud) =>
      new identity.DefaultAzureCredential({
        ...tenantOf(choice),
        ...(choice.clientId === undefined ? {} : { managedIdentityClientId: choice.clientId }),
        ...authority(cloud),
        processTimeoutInMs,
      }),
    mend: () =>
      'None of its credentials gave a token. Choose the one you mean instead, or run: az login. AZURE_TOKEN_CREDENTIALS narrows the list.',
  },
  visualStudioCode: {
    label: 'VisualStudioCodeCredential',
    create: (identity, choice) => new identity.VisualStudioCodeCredential(tenantOf(choice)),
    mend: () =>
      'It needs the package @azure/identity-vscode with its native broker, which this extension does not carry. Choose "VS Code account": it is the same sign-in.',
  },
};

/** What a credential kind is called. */
export function sourceLabel(kind: CredentialKind): string {
  return kind === 'vscode' ? 'VS Code account' : rows[kind].label;
}

/** Tokens through @azure/identity, which is loaded when the first of them is needed. */
export class IdentityTokenSource implements TokenSource {
  readonly #kind: IdentityKind;
  readonly #load: () => Promise<Identity>;
  /** One credential per choice and cloud: some keep what they found out about the machine. */
  readonly #credentials = new Map<string, TokenCredential>();

  constructor(kind: IdentityKind, load: () => Promise<Identity> = () => import('@azure/identity')) {
    this.#kind = kind;
    this.#load = load;
  }

  async getToken({ cloud, credential, signal }: TokenRequest): Promise<RawToken> {
    const row = rows[this.#kind];
    const identity = await this.#load();
    const key = JSON.stringify([cloud.id, cloud.authority, credential.tenant, credential.clientId]);
    try {
      let source = this.#credentials.get(key);
      if (source === undefined) {
        source = row.create(identity, credential, cloud);
        this.#credentials.set(key, source);
      }
      const asking = source.getToken(sqlScope(cloud), signal === undefined ? {} : { abortSignal: signal });
      const token = await (signal === undefined ? asking : Promise.race([asking, aborted(signal)]));
      if (token !== null) return { token: token.token };
    } catch (error) {
      if (signal?.aborted === true) throw cancelled(error);
      throw unavailable(row, credential, error);
    }
    throw unavailable(row, credential, undefined);
  }
}

/** One source for each kind. */
export function tokenSources(vscode: TokenSource): Record<CredentialKind, TokenSource> {
  return {
    vscode,
    azureCli: new IdentityTokenSource('azureCli'),
    azureDeveloperCli: new IdentityTokenSource('azureDeveloperCli'),
    azurePowerShell: new IdentityTokenSource('azurePowerShell'),
    managedIdentity: new IdentityTokenSource('managedIdentity'),
    workloadIdentity: new IdentityTokenSource('workloadIdentity'),
    environment: new IdentityTokenSource('environment'),
    default: new IdentityTokenSource('default'),
    visualStudioCode: new IdentityTokenSource('visualStudioCode'),
  };
}

/** The command lines ignore the signal that they are given: their process goes on to its own time-out, nobody waits for it. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const give = (): void => reject(cancelled(signal.reason));
    if (signal.aborted) give();
    else signal.addEventListener('abort', give, { once: true });
  });
}

function unavailable(row: SourceRow, choice: CredentialChoice, error: unknown): AppError {
  // Only the first line: what follows repeats the whole output of a command line.
  const said = errorChain(error)
    .map(({ message }) => message.split('\n')[0]?.trim() ?? '')
    .find((line) => line !== '');
  // A claims challenge or an expired session says itself what to run, behind "az login"; anything shaped like a token goes.
  const detail = said === undefined ? '' : ` (${said.replaceAll(/eyJ[\w.-]+/g, '…').slice(0, 300)})`;
  return new AppError('credentialUnavailable', `${row.label} gave no token${detail}. ${row.mend(choice)}`, {
    remedies: [{ kind: 'retry' }],
    cause: error,
  });
}
