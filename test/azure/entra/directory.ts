// Tenants, users, groups, service principals and managed identities of the local Entra, as the issuer and CREATE USER see them.
import { createHash } from 'node:crypto';

export interface Tenant {
  /** Directory id, lower case. */
  id: string;
  domain: string;
}

export interface User {
  kind: 'user';
  /** Object id, lower case. */
  id: string;
  tenant: string;
  upn: string;
  displayName: string;
  /** Guests: the address they sign in with at home; their upn holds "#EXT#". */
  mail?: string;
  homeTenant?: string;
  /** False: no token is issued any more. Named as in Microsoft Graph. */
  accountEnabled?: boolean;
}

export interface Group {
  kind: 'group';
  id: string;
  tenant: string;
  displayName: string;
  /** Object ids; a member may be a group. */
  members: string[];
}

/** A service principal of an app registration, or a managed identity. */
export interface ServicePrincipal {
  kind: 'application' | 'managedIdentity';
  /** Object id of the service principal (the "enterprise application"). */
  id: string;
  /** Application (client) id. */
  appId: string;
  tenant: string;
  displayName: string;
  /** Client secrets that the token endpoint accepts. */
  secrets: string[];
  /** SPKI keys (PEM) whose client assertions the token endpoint accepts. */
  assertionKeys: string[];
  /** Managed identities: the Azure resource. */
  resourceId?: string;
  /** System-assigned: its App Service's own X-IDENTITY-HEADER. */
  identityHeader?: string;
  /** False: no token is issued any more. Named as in Microsoft Graph. */
  accountEnabled?: boolean;
}

export type DirectoryObject = User | Group | ServicePrincipal;

/** What is given to add an object; ids are made from the name unless given. */
export type NewDirectoryObject =
  | (Pick<User, 'kind' | 'upn'> & Partial<Omit<User, 'kind' | 'upn'>>)
  | (Pick<Group, 'kind' | 'displayName'> & Partial<Omit<Group, 'kind' | 'displayName'>>)
  | (Pick<ServicePrincipal, 'kind' | 'displayName'> &
      Partial<Omit<ServicePrincipal, 'kind' | 'displayName'>>);

/** A GUID that is the same in every run, so that a saved connection and a recorded SID stay good. */
export function stableGuid(...parts: string[]): string {
  const hash = createHash('sha256').update(parts.join('\0')).digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x40;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
}

const folded = (text: string): string => text.normalize('NFC').toLowerCase();

function isServicePrincipal(object: DirectoryObject): object is ServicePrincipal {
  return object.kind === 'application' || object.kind === 'managedIdentity';
}

/** A mutable directory of several tenants. Names compare without case, as in Entra. */
export class Directory {
  readonly tenants: readonly Tenant[];
  readonly #objects = new Map<string, DirectoryObject>();

  constructor(tenants: readonly Tenant[], objects: readonly NewDirectoryObject[] = []) {
    this.tenants = tenants;
    for (const object of objects) this.add(object);
  }

  /** By directory id or domain; 'common' and 'organizations' are the first tenant. */
  tenant(idOrDomain: string): Tenant | undefined {
    const wanted = idOrDomain.toLowerCase();
    if (wanted === 'common' || wanted === 'organizations') return this.tenants[0];
    return this.tenants.find((tenant) => tenant.id === wanted || tenant.domain === wanted);
  }

  /** @throws Error when the id is taken or the tenant unknown. */
  add(object: NewDirectoryObject): DirectoryObject {
    const tenant = this.tenant(object.tenant ?? 'common');
    if (tenant === undefined) throw new Error(`No tenant ${object.tenant}`);
    const name = object.kind === 'user' ? object.upn : object.displayName;
    const id = (object.id ?? this.#freeId(tenant.id, object.kind, name)).toLowerCase();
    if (this.#objects.has(id)) throw new Error(`Object id ${id} exists`);
    const added = complete(object, { id, tenant: tenant.id });
    this.#objects.set(id, added);
    return added;
  }

  /** Also leaves every group. False when there is no such object. */
  remove(id: string): boolean {
    const key = id.toLowerCase();
    for (const object of this.#objects.values()) {
      if (object.kind === 'group') object.members = object.members.filter((member) => member !== key);
    }
    return this.#objects.delete(key);
  }

  /** @throws Error when `groupId` is not a group. */
  setMember(groupId: string, memberId: string, member: boolean): void {
    const group = this.#objects.get(groupId.toLowerCase());
    if (group?.kind !== 'group') throw new Error(`${groupId} is no group`);
    const key = memberId.toLowerCase();
    group.members = group.members.filter((id) => id !== key);
    if (member) group.members.push(key);
  }

  /** @throws Error for a group, or when there is no such object */
  enable(id: string, accountEnabled: boolean): void {
    const object = this.byId(id);
    if (object === undefined || object.kind === 'group') throw new Error(`No account ${id}`);
    object.accountEnabled = accountEnabled;
  }

  objects(): DirectoryObject[] {
    return [...this.#objects.values()];
  }

  byId(id: string): DirectoryObject | undefined {
    return this.#objects.get(id.toLowerCase());
  }

  byAppId(appId: string): ServicePrincipal | undefined {
    const wanted = appId.toLowerCase();
    return this.servicePrincipals().find((principal) => principal.appId === wanted);
  }

  servicePrincipals(): ServicePrincipal[] {
    return this.objects().filter(isServicePrincipal);
  }

  /**
   * What a name means to CREATE USER … FROM EXTERNAL PROVIDER in `tenantId`: upn or mail of a user, display name of a group or
   * service principal. More than one: the server answers 33131.
   */
  named(tenantId: string, name: string): DirectoryObject[] {
    const wanted = folded(name);
    return this.objects().filter((object) => {
      if (object.tenant !== tenantId) return false;
      if (object.kind !== 'user') return folded(object.displayName) === wanted;
      return folded(object.upn) === wanted || (object.mail !== undefined && folded(object.mail) === wanted);
    });
  }

  /**
   * Anything a person may write for an object: object id, app id, upn, mail, display name; the first match, a user's own upn before
   * a guest's mail. `tenantId` limits it: "kim@fabrikam.example" in contoso is the guest.
   */
  find(reference: string, tenantId?: string): DirectoryObject | undefined {
    const objects = this.objects().filter((object) => tenantId === undefined || object.tenant === tenantId);
    const wanted = folded(reference);
    const tests: ((object: DirectoryObject) => boolean)[] = [
      (object) => object.id === wanted || (isServicePrincipal(object) && object.appId === wanted),
      (object) => object.kind === 'user' && folded(object.upn) === wanted,
      (object) => object.kind === 'user' && object.mail !== undefined && folded(object.mail) === wanted,
      (object) => folded(object.displayName) === wanted,
    ];
    for (const test of tests) {
      const match = objects.find(test);
      if (match !== undefined) return match;
    }
    return undefined;
  }

  /** Object ids of all groups the object is in, directly or through groups. */
  groupsOf(id: string): string[] {
    const found = new Set<string>();
    const groups = this.objects().filter((object) => object.kind === 'group');
    for (let grown = true; grown;) {
      grown = false;
      for (const group of groups) {
        if (found.has(group.id)) continue;
        if (!group.members.some((member) => member === id.toLowerCase() || found.has(member))) continue;
        found.add(group.id);
        grown = true;
      }
    }
    return [...found];
  }

  #freeId(tenant: string, kind: string, name: string): string {
    for (let copy = 0; ; copy++) {
      const id = stableGuid(tenant, kind, name, String(copy));
      if (!this.#objects.has(id)) return id;
    }
  }
}

function complete(object: NewDirectoryObject, identity: { id: string; tenant: string }): DirectoryObject {
  switch (object.kind) {
    case 'user':
      return { displayName: object.upn.split('@')[0] ?? object.upn, ...object, ...identity };
    case 'group':
      return { ...object, ...identity, members: (object.members ?? []).map((id) => id.toLowerCase()) };
    default:
      return {
        secrets: [],
        assertionKeys: [],
        ...object,
        ...identity,
        appId: (object.appId ?? stableGuid(identity.id, 'appId')).toLowerCase(),
      };
  }
}
