// The ways to sign in that a connection can choose from, each with what it means, and the client id that some of them take.
import * as vscode from 'vscode';
import type { ConnectionProfile, CredentialKind } from '../../core/connection.ts';
import { askText } from './steps.ts';
import type { Choice, StepPlace } from './steps.ts';

/** Most usual first; never chained by us, so that it is clear who is connected. */
export function credentialKinds(): Choice<CredentialKind>[] {
  return [
    {
      icon: 'account',
      label: vscode.l10n.t('VS Code account'),
      detail: vscode.l10n.t('A Microsoft account that is signed in to VS Code'),
      value: 'vscode',
    },
    {
      icon: 'terminal',
      label: vscode.l10n.t('Azure CLI'),
      detail: vscode.l10n.t('Whoever ran "az login" on this machine'),
      value: 'azureCli',
    },
    {
      icon: 'terminal',
      label: vscode.l10n.t('Azure Developer CLI'),
      detail: vscode.l10n.t('Whoever ran "azd auth login" on this machine'),
      value: 'azureDeveloperCli',
    },
    {
      icon: 'terminal-powershell',
      label: vscode.l10n.t('Azure PowerShell'),
      detail: vscode.l10n.t('Whoever ran "Connect-AzAccount" on this machine'),
      value: 'azurePowerShell',
    },
    {
      icon: 'server-environment',
      label: vscode.l10n.t('Managed identity'),
      detail: vscode.l10n.t('The identity of the Azure resource this runs on, its own or one assigned to it'),
      value: 'managedIdentity',
    },
    {
      icon: 'server-process',
      label: vscode.l10n.t('Workload identity'),
      detail: vscode.l10n.t('An application by the federated token of its pod: AZURE_FEDERATED_TOKEN_FILE'),
      value: 'workloadIdentity',
    },
    {
      icon: 'symbol-variable',
      label: vscode.l10n.t('Environment'),
      detail: vscode.l10n.t(
        'A service principal from AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET',
      ),
      value: 'environment',
    },
    {
      icon: 'list-ordered',
      label: vscode.l10n.t('DefaultAzureCredential'),
      detail: vscode.l10n.t('The same as my app: the first that answers, and the token says which it was'),
      value: 'default',
    },
    {
      icon: 'plug',
      label: vscode.l10n.t('VisualStudioCodeCredential'),
      detail: vscode.l10n.t('The VS Code sign-in as apps see it; needs the package @azure/identity-vscode'),
      value: 'visualStudioCode',
    },
  ];
}

/** Asks for a client id; an empty answer leaves it out. */
export async function askClientId(
  place: StepPlace,
  profile: ConnectionProfile,
  prompt: string,
): Promise<void> {
  const text = await askText(place, {
    prompt,
    value: profile.credential.clientId ?? '',
    validate: (value) =>
      value.trim() === '' || isGuid(value.trim())
        ? undefined
        : vscode.l10n.t('A client id is a GUID, like 2ff8edf0-dccb-4148-a649-2c1154e1e129.'),
  });
  if (typeof text !== 'string') return;
  const { clientId: _, ...rest } = profile.credential;
  profile.credential = text.trim() === '' ? rest : { ...rest, clientId: text.trim() };
}

function isGuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}
