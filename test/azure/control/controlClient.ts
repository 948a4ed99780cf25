// The control endpoint as a typed client, for tests, the demo and the fixture sign-in.
import type { DirectoryObject, NewDirectoryObject } from '../entra/directory.ts';
import type { IssuerFault } from '../entra/issuerFault.ts';
import type { TokenSettings } from '../entra/tokens.ts';
import type { FirewallRule } from '../gateway/gateway.ts';
import type { Wire } from '../tds/wire.ts';
import type { FaultOrder } from './faultPlan.ts';
import type { AzureState, Connected, OrderedToken, TokenOrder } from './protocol.ts';

/** Every method rejects with the endpoint's message when it refuses. */
export class ControlClient {
  readonly #url: string;
  readonly #key: string;

  constructor(address: { url: string; key: string }) {
    this.#url = address.url;
    this.#key = address.key;
  }

  state(): Promise<AzureState> {
    return this.#ask('GET', '/state') as Promise<AzureState>;
  }

  token(order: TokenOrder): Promise<OrderedToken> {
    return this.#ask('POST', '/token', order) as Promise<OrderedToken>;
  }

  /** Without a rule: lets this machine in. */
  async addFirewallRule(
    rule: FirewallRule = { name: 'AllowLocal', start: '127.0.0.1', end: '127.0.0.1' },
  ): Promise<void> {
    await this.#ask('POST', '/firewall', rule);
  }

  /** Without a name: all of them. */
  async removeFirewallRules(name?: string): Promise<void> {
    await this.#ask('DELETE', name === undefined ? '/firewall' : `/firewall/${encodeURIComponent(name)}`);
  }

  async setPublicAccess(allowed: boolean): Promise<void> {
    await this.#ask('PUT', '/publicAccess', { allowed });
  }

  /** `{}` ends it. */
  async setResuming(resuming: { seconds?: number; attempts?: number }): Promise<void> {
    await this.#ask('PUT', '/resuming', resuming);
  }

  /** null: serve logins here again. */
  async setRoute(route: { host: string; port: number } | null): Promise<void> {
    await this.#ask('PUT', '/route', { route });
  }

  /** Of connections that begin from now on; `{}` ends it. */
  async setWire(wire: Wire): Promise<void> {
    await this.#ask('PUT', '/wire', wire);
  }

  /** What happens to whoever asks for a token, until null. */
  async setIssuerFault(fault: IssuerFault | null): Promise<void> {
    await this.#ask('PUT', '/issuerFault', { fault });
  }

  /** Whether somebody gets tokens, by anything that names them. */
  async setAccountEnabled(account: string, enabled: boolean): Promise<void> {
    await this.#ask('PUT', '/accounts', { account, enabled });
  }

  /** How many requests that hold this text were carried out, of the last few thousand. */
  async executed(text: string): Promise<number> {
    return ((await this.#ask('GET', `/executed/${encodeURIComponent(text)}`)) as { count: number }).count;
  }

  async setTokens(settings: Partial<TokenSettings>): Promise<void> {
    await this.#ask('PUT', '/tokens', settings);
  }

  async connections(): Promise<Connected[]> {
    return (await this.#ask('GET', '/connections')) as Connected[];
  }

  /** Cuts the sockets with RST; without ids: all of them. */
  async killConnections(ids?: readonly number[]): Promise<void> {
    await this.#ask('DELETE', '/connections', { ids });
  }

  async directory(): Promise<DirectoryObject[]> {
    return (await this.#ask('GET', '/directory')) as DirectoryObject[];
  }

  addToDirectory(object: NewDirectoryObject): Promise<DirectoryObject> {
    return this.#ask('POST', '/directory', object) as Promise<DirectoryObject>;
  }

  async removeFromDirectory(id: string): Promise<void> {
    await this.#ask('DELETE', `/directory/${id}`);
  }

  /** Group and member by anything that names them. */
  async setMember(group: string, member: string, isMember: boolean): Promise<void> {
    await this.#ask('PUT', '/members', { group, member, isMember });
  }

  /** Whether the server's identity may read the directory for a service principal's CREATE USER (33134 otherwise). */
  async setDirectoryReaders(granted: boolean): Promise<void> {
    await this.#ask('PUT', '/directoryReaders', { granted });
  }

  /** The server's Entra admin by anything that names it; null: none, as a server that was made without one. */
  async setAdmin(principal: string | null): Promise<void> {
    await this.#ask('PUT', '/admin', { principal });
  }

  /** Replaces all orders; [] ends the trouble. */
  async setFaults(orders: readonly FaultOrder[]): Promise<void> {
    await this.#ask('PUT', '/faults', orders);
  }

  async #ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(this.#url + path, {
      method,
      headers: { authorization: `Bearer ${this.#key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as { error?: string };
    if (!response.ok) throw new Error(answer.error ?? `control endpoint: ${response.status}`);
    return answer;
  }
}
