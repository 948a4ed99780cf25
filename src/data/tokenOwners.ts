// Whose token a connection needs: its credential, its cloud, and the tenant that its server says it belongs to.
import type { Cloud } from '../core/cloud.ts';
import type { ConnectionProfile, CredentialChoice, CredentialKind } from '../core/connection.ts';
import { isAppError } from '../core/errors.ts';
import { serverKey, type ServerLimit } from './serverLimit.ts';
import type { ServerTenants } from './serverTenants.ts';
import { probeTenant } from './tenantProbe.ts';
import type { TokenOwner } from './tokenCache.ts';
import type { TrustedHosts } from './trustedHosts.ts';

/** Credentials of people, who may be guests in many tenants; an app's identity has one. */
const takesTenant: ReadonlySet<CredentialKind> = new Set<CredentialKind>([
  'vscode',
  'azureCli',
  'azureDeveloperCli',
  'azurePowerShell',
  'default',
  'visualStudioCode',
]);

export class TokenOwners {
  readonly #hosts: TrustedHosts;
  readonly #tenants: ServerTenants;
  readonly #limit: ServerLimit;
  readonly #patience: number;
  readonly #applicationName: string;
  /** One request after the other asks for the same owner, and what is known of it goes by the object. */
  readonly #last = new WeakMap<CredentialChoice, TokenOwner>();

  /** `patience`: how long a question waits for a place at its server; milliseconds. */
  constructor(parts: {
    hosts: TrustedHosts;
    tenants: ServerTenants;
    limit: ServerLimit;
    patience: number;
    applicationName: string;
  }) {
    this.#hosts = parts.hosts;
    this.#tenants = parts.tenants;
    this.#limit = parts.limit;
    this.#patience = parts.patience;
    this.#applicationName = parts.applicationName;
  }

  dispose(): void {
    this.#tenants.dispose();
  }

  /** As far as is known without asking the server. @throws AppError hostNotConfirmed */
  known(profile: ConnectionProfile): TokenOwner {
    const cloud = this.#hosts.cloudOf(profile);
    return this.#bound(profile, cloud, this.#tenants.known(profile, cloud));
  }

  /** Asks the server at first contact; afterwards there is nothing to wait for. @throws AppError of the login, hostNotConfirmed, cancelled */
  of(profile: ConnectionProfile, signal: AbortSignal | undefined): TokenOwner | Promise<TokenOwner> {
    const cloud = this.#hosts.cloudOf(profile);
    const known = this.#tenants.known(profile, cloud);
    if (known !== undefined || !asksServer(profile)) return this.#bound(profile, cloud, known);
    return this.#asked(profile, cloud, signal);
  }

  async #asked(
    profile: ConnectionProfile,
    cloud: Cloud,
    signal: AbortSignal | undefined,
  ): Promise<TokenOwner> {
    const probe = (stop: AbortSignal): Promise<string | undefined> => this.#probe(profile, cloud, stop);
    return this.#bound(profile, cloud, await this.#tenants.of(profile, cloud, probe, signal));
  }

  /** A question is a connection too: it takes a place at its server like any other. */
  async #probe(profile: ConnectionProfile, cloud: Cloud, stop: AbortSignal): Promise<string | undefined> {
    const nothingToGive = { evictIdle: () => false };
    const leave = await this.#limit.enter(serverKey(profile), nothingToGive, this.#patience, stop);
    try {
      const target = { profile, cloud, applicationName: this.#applicationName };
      return await probeTenant(target, (host) => this.checkHost(host, profile, cloud), stop);
    } finally {
      leave();
    }
  }

  /**
   * After a refused login: whether the server belongs to another tenant than the one whose token was refused. It is asked again, unless
   * it has just said so at the login.
   * @throws AppError
   */
  async hasMoved(
    profile: ConnectionProfile,
    refused: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    if (!asksServer(profile)) return false;
    const cloud = this.#hosts.cloudOf(profile);
    const known = this.#tenants.known(profile, cloud);
    if (known === undefined || (known || undefined) !== refused) return true;
    this.#tenants.forget(profile, cloud);
    await this.of(profile, signal);
    return (this.#tenants.known(profile, cloud) || undefined) !== refused;
  }

  /** The server named it while somebody logged in. */
  remember(profile: ConnectionProfile, cloud: Cloud, tenant: string | undefined): void {
    this.#tenants.remember(profile, cloud, tenant);
  }

  /** The tenant that the server named, when it was asked and named one. */
  serverTenant(profile: ConnectionProfile): string | undefined {
    try {
      return this.#tenants.known(profile, this.#hosts.cloudOf(profile)) || undefined;
    } catch (error) {
      if (isAppError(error)) return undefined;
      throw error;
    }
  }

  /** The server itself was cleared by cloudOf; what is checked here are the places it sends us to. @throws AppError hostNotConfirmed */
  checkHost(host: string, profile: ConnectionProfile, cloud: Cloud): void {
    if (host !== profile.server) this.#hosts.check(host, cloud, profile);
  }

  /** '' stands for a server that names no tenant. */
  #bound(profile: ConnectionProfile, cloud: Cloud, tenant: string | undefined): TokenOwner {
    const { credential } = profile;
    const named = tenant && asksServer(profile) ? tenant : credential.tenant;
    const last = this.#last.get(credential);
    if (last?.cloud === cloud && last.credential.tenant === named) return last;
    const owner = { cloud, credential: named === undefined ? credential : { ...credential, tenant: named } };
    this.#last.set(credential, owner);
    return owner;
  }
}

function asksServer({ credential }: ConnectionProfile): boolean {
  return credential.tenant === undefined && takesTenant.has(credential.kind);
}
