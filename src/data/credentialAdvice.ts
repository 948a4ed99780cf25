// The sentence for a credential that gives no token: what is missing, and the command that mends it, said once.
import type { Cloud } from '../core/cloud.ts';
import { sqlScope } from '../core/cloud.ts';
import type { CredentialChoice } from '../core/connection.ts';
import type { CredentialFailure } from './credentialFailure.ts';
import { credentialKinds, type IdentityKind } from './credentialKinds.ts';

export interface Asked {
  kind: IdentityKind;
  choice: CredentialChoice;
  cloud: Cloud;
}

/** A program on this machine that somebody signs in to. */
interface Tool {
  name: string;
  /** Where it comes from. */
  install: string;
  signIn(choice: CredentialChoice, cloud: Cloud, scope?: string): string;
  /** Shows why it hangs, without printing a token. */
  check: string;
}

const inCloud: Readonly<Record<string, string>> = { usgov: 'AzureUSGovernment', china: 'AzureChinaCloud' };
const forTenant = ({ tenant }: CredentialChoice, option: string): string =>
  tenant === undefined ? '' : ` ${option} ${tenant}`;

const tools: Partial<Record<IdentityKind, Tool>> = {
  azureCli: {
    name: 'the Azure CLI',
    install: 'Install it from https://aka.ms/azure-cli',
    signIn: (choice, cloud, scope) =>
      `${before('az cloud set --name', cloud)}az login${forTenant(choice, '--tenant')}${option('--scope', scope)}`,
    check: 'az account show',
  },
  azureDeveloperCli: {
    name: 'azd, the Azure Developer CLI',
    install: 'Install it from https://aka.ms/azd',
    signIn: (choice, cloud, scope) =>
      `${before('azd config set cloud.name', cloud)}azd auth login${forTenant(choice, '--tenant-id')}${option('--scope', scope)}`,
    check: 'azd auth login --check-status',
  },
  azurePowerShell: {
    name: 'Azure PowerShell',
    install: 'Install PowerShell from https://aka.ms/powershell and in it run: Install-Module Az.Accounts',
    signIn: (choice, cloud, scope) =>
      `Connect-AzAccount${option('-Environment', inCloud[cloud.id])}${forTenant(choice, '-Tenant')}${option('-AuthScope', scope?.replace(/\.default$/, ''))}`,
    check: 'Get-AzContext',
  },
};

function option(name: string, value: string | undefined): string {
  return value === undefined ? '' : ` ${name} ${value}`;
}
function before(command: string, cloud: Cloud): string {
  const name = inCloud[cloud.id];
  return name === undefined ? '' : `${command} ${name} && `;
}

/** What happened, why, and what to do; one message of two or three short sentences. */
export function credentialAdvice(asked: Asked, failure: CredentialFailure, timeout: number): string {
  const tool = tools[asked.kind];
  const sentence =
    tool === undefined
      ? withoutTool(asked, failure)
      : ofTool(tool, asked, failure, Math.round(timeout / 1000));
  if (sentence !== undefined) return sentence;
  const { label } = credentialKinds[asked.kind];
  switch (failure.reason) {
    case 'timedOut':
      return `${label} gave no answer within ${seconds(timeout)}. Check network and proxy, or choose another credential for this connection.`;
    case 'unreachable':
      return `${label} gave no token because ${asked.cloud.authority} cannot be reached (${failure.code ?? failure.detail}). Check network, proxy and certificate authorities.`;
    case 'blocked':
      return `A policy of the tenant gives ${label} no token${numbered(failure)}. Whoever administers the tenant can tell why: ${failure.detail}.`;
    case 'wrongCloud':
      return `${label} gave no token: the tenant does not know ${asked.cloud.audience}${numbered(failure)}. Check the cloud and the tenant of this connection.`;
    default:
      return `${label} gave no token${failure.detail === '' ? '' : `: ${failure.detail}`}. Choose another credential for this connection if this one is not meant.`;
  }
}

/** What is known to be missing before anybody is asked. */
export function missingVariables({ kind }: Asked, names: readonly string[]): string {
  const list = names.join(', ').replace(/, ([^,]*)$/, ' and $1');
  const are = names.length === 1 ? 'is' : 'are';
  const how =
    kind === 'workloadIdentity'
      ? 'In Kubernetes the webhook of azure-workload-identity sets them; elsewhere set them before VS Code starts.'
      : `Set ${names.length === 1 ? 'it' : 'them'} before VS Code starts, for example: export ${names[0] ?? ''}=…`;
  return `${credentialKinds[kind].label}: ${list} ${are} not set where VS Code runs. ${how}`;
}

function ofTool(tool: Tool, asked: Asked, failure: CredentialFailure, limit: number): string | undefined {
  const { choice, cloud } = asked;
  const run = tool.signIn(choice, cloud);
  const inTenant = choice.tenant === undefined ? '' : ` for tenant ${choice.tenant}`;
  const name = `${tool.name.charAt(0).toUpperCase()}${tool.name.slice(1)}`;
  switch (failure.reason) {
    case 'notInstalled':
      return `${name} is not installed, or not on the PATH that VS Code was started with. ${tool.install}, restart VS Code, then run: ${run}`;
    case 'notSignedIn':
      return `Nobody is signed in to ${tool.name}${inTenant}. Run: ${run}`;
    case 'expired':
      return `The session of ${tool.name} has ended${numbered(failure)}. Run: ${run}`;
    case 'furtherCheck':
      return `Entra asks for a further check, such as multi-factor authentication${numbered(failure)}. Run: ${tool.signIn(choice, cloud, sqlScope(cloud))}`;
    case 'wrongTenant':
      return `The account of ${tool.name} is not known in tenant ${choice.tenant ?? 'of its sign-in'}${numbered(failure)}. Choose another tenant for this connection, or run: ${run}`;
    case 'wrongCloud':
      return `${name} is signed in where ${cloud.audience} is not known${numbered(failure)}: it uses the cloud of its own sign-in. For ${cloud.label}, run: ${run}`;
    case 'timedOut':
      return `${name} gave no answer within ${limit} seconds. See why in a terminal: ${tool.check}`;
    case 'unreadable':
      return `${name} answered with something that is no token. Update it, then run: ${run}`;
    case 'unreachable':
      return `${name} cannot reach Entra (${failure.code ?? failure.detail}). Check network and proxy, then try again.`;
    case 'blocked':
      return undefined;
    default:
      // Its own words may already end with what to run.
      return `${name} gave no token${failure.detail === '' ? '' : `: ${failure.detail}`}. Try: ${run}`;
  }
}

function withoutTool(asked: Asked, failure: CredentialFailure): string | undefined {
  switch (asked.kind) {
    case 'managedIdentity':
      return managedIdentity(asked, failure);
    case 'workloadIdentity':
    case 'environment':
      return application(asked, failure);
    case 'default':
      return chain(asked, failure);
    default:
      return undefined;
  }
}

function managedIdentity({ choice }: Asked, { reason, detail }: CredentialFailure): string | undefined {
  const { clientId } = choice;
  switch (reason) {
    case 'noEndpoint':
    case 'timedOut':
    case 'unreachable':
      return 'There is no managed identity here: its endpoint does not answer. It exists only inside Azure (virtual machine, App Service, Functions, container, Arc); elsewhere choose another credential, such as the Azure CLI after: az login';
    case 'noSuchIdentity':
      return clientId === undefined
        ? 'This Azure resource has no system-assigned identity. Turn it on, for a virtual machine with: az vm identity assign --name <vm> --resource-group <group>'
        : `The managed identity with client id ${clientId} is not assigned to this Azure resource. Check the id, or assign it, to a virtual machine with: az vm identity assign --name <vm> --resource-group <group> --identities <resource id>`;
    default:
      return `The managed identity endpoint gave no token${detail === '' ? '' : `: ${detail}`}. See which identities this resource has, for a virtual machine with: az vm identity show --name <vm> --resource-group <group>`;
  }
}

function application({ kind, choice }: Asked, failure: CredentialFailure): string | undefined {
  const clientId =
    (kind === 'workloadIdentity' ? choice.clientId : undefined) ?? process.env['AZURE_CLIENT_ID'];
  const tenant = (kind === 'workloadIdentity' ? choice.tenant : undefined) ?? process.env['AZURE_TENANT_ID'];
  switch (failure.reason) {
    case 'refused':
      return kind === 'workloadIdentity'
        ? `Entra does not accept the federated token of application ${clientId ?? ''}${numbered(failure)}. Compare issuer, subject and audience with: az ad app federated-credential list --id ${clientId ?? ''}`
        : `Entra does not accept the secret or certificate of application ${clientId ?? ''}${numbered(failure)}. Make a new one for AZURE_CLIENT_SECRET with: az ad app credential reset --id ${clientId ?? ''}`;
    case 'wrongTenant':
      return `Entra finds no application ${clientId ?? ''} in tenant ${tenant ?? ''}${numbered(failure)}. Check AZURE_CLIENT_ID and AZURE_TENANT_ID, for example with: az ad sp show --id ${clientId ?? ''}`;
    case 'noTokenFile':
      return kind === 'workloadIdentity'
        ? `The file that AZURE_FEDERATED_TOKEN_FILE names cannot be read. It must hold the token of the service account: ls -l "$AZURE_FEDERATED_TOKEN_FILE"`
        : `The file that AZURE_CLIENT_CERTIFICATE_PATH names cannot be read. It must hold certificate and key as PEM: ls -l "$AZURE_CLIENT_CERTIFICATE_PATH"`;
    default:
      return undefined;
  }
}

function chain({ choice, cloud }: Asked, failure: CredentialFailure): string | undefined {
  const chosen = process.env['AZURE_TOKEN_CREDENTIALS'];
  const narrowed = chosen ? ` (AZURE_TOKEN_CREDENTIALS is "${chosen}")` : '';
  if (failure.text.includes('Invalid value for AZURE_TOKEN_CREDENTIALS'))
    return `DefaultAzureCredential does not know what AZURE_TOKEN_CREDENTIALS says: "${chosen ?? ''}". Set it to dev, prod or the name of one credential, or unset it.`;
  const run = tools.azureCli?.signIn(choice, cloud) ?? '';
  if (failure.reason === 'timedOut')
    return `None of the credentials of DefaultAzureCredential answered in time${narrowed}. Choose the one that you mean for this connection instead.`;
  if (/ChainedTokenCredential authentication failed|Failed to retrieve a valid token/.test(failure.text))
    return `None of the credentials that DefaultAzureCredential tries is available${narrowed}. Choose the one that you mean for this connection, or run: ${run}`;
  // An inner one is set up and fails: the chain ends there.
  return `DefaultAzureCredential stopped at a credential that is set up but fails${failure.detail === '' ? '' : `: ${failure.detail}`}. Mend that one, or choose the one that you mean for this connection.`;
}

function numbered({ code }: CredentialFailure): string {
  return code === undefined ? '' : ` (${code})`;
}
function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 1000)} seconds`;
}
