// Who exists in the local Entra at start: contoso.example with people, groups, apps and identities, and fabrikam.example beside it.
import { randomBytes } from 'node:crypto';
import { Directory, stableGuid, type ServicePrincipal, type Tenant } from './directory.ts';

/** The tenant that the local server trusts, and one that it does not. */
export const contoso: Tenant = { id: '0c0ffee0-1111-4111-8111-c0de00000001', domain: 'contoso.example' };
export const fabrikam: Tenant = { id: '0fab0fab-2222-4222-8222-c0de00000002', domain: 'fabrikam.example' };

const resourceGroup = '/subscriptions/5ca1ab1e-0000-4000-8000-00000000c0de/resourceGroups/orders/providers';

const identity = (displayName: string, resource: string, systemAssigned: boolean) => ({
  kind: 'managedIdentity' as const,
  displayName,
  resourceId: `${resourceGroup}/${resource}`,
  ...(systemAssigned ? { identityHeader: randomBytes(16).toString('hex') } : {}),
});

/** A new directory with the sample's objects; secrets are random in every run. */
export function createSampleDirectory(): Directory {
  const directory = new Directory([contoso, fabrikam]);
  directory.add({ kind: 'user', upn: 'ada@contoso.example', displayName: 'Ada Lovelace' });
  const grace = directory.add({ kind: 'user', upn: 'grace@contoso.example', displayName: 'Grace Hopper' });
  const linus = directory.add({ kind: 'user', upn: 'linus@contoso.example', displayName: 'Linus Pauling' });
  // In the directory, with no user in any database: a login must be refused.
  directory.add({ kind: 'user', upn: 'mallory@contoso.example', displayName: 'Mallory' });
  directory.add({
    kind: 'user',
    upn: "o'brien@contoso.example",
    displayName: `Robert'); DROP TABLE [user];-- "\u202Ereversed\u202C" 😀`,
  });
  const kim = directory.add({
    kind: 'user',
    tenant: fabrikam.id,
    upn: 'kim@fabrikam.example',
    displayName: 'Kim Fabrikam',
  });
  directory.add({
    kind: 'user',
    upn: 'kim_fabrikam.example#EXT#@contoso.example',
    mail: 'kim@fabrikam.example',
    homeTenant: fabrikam.id,
    displayName: 'Kim Fabrikam (guest)',
  });
  directory.add({ kind: 'group', displayName: 'SQL Readers', members: [linus.id] });
  directory.add({ kind: 'group', displayName: 'SQL Writers', members: [grace.id] });
  directory.add({ kind: 'group', tenant: fabrikam.id, displayName: 'Fabrikam Staff', members: [kim.id] });
  directory.add(identity('app-orders', 'Microsoft.Web/sites/app-orders', true));
  directory.add(identity('app-orders/slots/staging', 'Microsoft.Web/sites/app-orders/slots/staging', true));
  directory.add(identity('id-reports', 'Microsoft.ManagedIdentity/userAssignedIdentities/id-reports', false));
  directory.add(
    identity(`we]ird 'näme' 😀`, 'Microsoft.ManagedIdentity/userAssignedIdentities/weird', false),
  );
  directory.add({
    kind: 'application',
    displayName: 'ci-deployer',
    secrets: [randomBytes(24).toString('base64url')],
  });
  directory.add({ kind: 'application', displayName: 'duplicate-app' });
  directory.add({
    kind: 'application',
    displayName: 'duplicate-app',
    appId: stableGuid('second duplicate-app'),
  });
  return directory;
}

/** System-assigned identities by name with the header of their App Service. */
export function identityHeaders(directory: Directory): Record<string, string> {
  const entries = directory
    .servicePrincipals()
    .filter(
      (principal): principal is ServicePrincipal & { identityHeader: string } =>
        principal.identityHeader !== undefined,
    )
    .map((principal) => [principal.displayName, principal.identityHeader] as const);
  return Object.fromEntries(entries);
}
