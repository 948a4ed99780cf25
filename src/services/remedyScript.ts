// The remedies that lie with Azure's management side, as text a person can run or open: Azure CLI commands and portal pages.
import type { Cloud } from '../core/cloud.ts';
import type { Remedy } from '../core/errors.ts';
import { AppError } from '../core/errors.ts';

export type AzureRemedy = Extract<
  Remedy,
  { kind: 'addFirewallRule' | 'enablePublicAccess' | 'setEntraAdmin' }
>;

/**
 * The Azure CLI command for a remedy, filled in; the resource group is looked up by the command itself because a login failure
 * does not tell it. Runs in bash, zsh and PowerShell alike. The syntax is that of `az sql server` (Learn, "az sql server").
 * @throws AppError invalidInput when the server's name or address could not be put into a shell line safely.
 */
export function azureCliCommand(remedy: AzureRemedy): string {
  const name = serverName(remedy.server);
  const group = `"$(az sql server list --query "[?name=='${name}'].resourceGroup" --output tsv)"`;
  switch (remedy.kind) {
    case 'addFirewallRule': {
      const ip = address(remedy.ip);
      return `az sql server firewall-rule create --resource-group ${group} --server ${name} --name "vscode-${ip.replaceAll('.', '-')}" --start-ip-address ${ip} --end-ip-address ${ip}`;
    }
    case 'enablePublicAccess':
      return `az sql server update --resource-group ${group} --name ${name} --enable-public-network true`;
    default:
      // The first line shows who would be replaced.
      return [
        `az sql server ad-admin list --resource-group ${group} --server-name ${name} --output table`,
        `az sql server ad-admin create --resource-group ${group} --server-name ${name} --display-name "$(az ad signed-in-user show --query userPrincipalName --output tsv)" --object-id "$(az ad signed-in-user show --query id --output tsv)"`,
      ].join('\n');
  }
}

/** The portal's list of SQL servers, in the cloud's own portal; a server's page needs its subscription, which nobody knows here. */
export function portalUrl(cloud: Cloud | undefined): string {
  const host =
    cloud?.id === 'usgov'
      ? 'portal.azure.us'
      : cloud?.id === 'china'
        ? 'portal.azure.cn'
        : 'portal.azure.com';
  return `https://${host}/#browse/Microsoft.Sql%2Fservers`;
}

function serverName(server: string): string {
  const name = server.split('.')[0] ?? '';
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/i.test(name))
    throw new AppError('invalidInput', `"${server}" is not the name of an Azure SQL server.`);
  return name;
}

function address(ip: string): string {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(ip))
    throw new AppError('invalidInput', `"${ip}" is not an IPv4 address.`);
  return ip;
}
