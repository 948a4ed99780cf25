// What stands before a login in Azure: the server's firewall, a database that is still resuming, and the redirect to a node.
import { randomUUID } from 'node:crypto';
import { BlockList, isIPv4 } from 'node:net';
import { SqlError } from '../contract.ts';

/** Both addresses are IPv4 and included; 0.0.0.0-0.0.0.0 is "Allow Azure services" and lets in nobody from loopback. */
export interface FirewallRule {
  name: string;
  start: string;
  end: string;
}

/** The database answers 40613 until both have passed. */
export interface Resuming {
  /** Milliseconds since 1970. */
  until: number;
  /** Logins that are still to be refused. */
  attempts: number;
}

/** A login as far as the gateway knows it. */
export interface Knock {
  /** Host name as in LOGIN7 or SNI; its first label is the server's name. */
  serverName: string;
  database: string;
  clientAddress: string;
}

/** One logical server's gateway. */
export class Gateway {
  #rules: FirewallRule[] = [];
  #resuming: Resuming = { until: 0, attempts: 0 };
  /** False: only private endpoints, so nobody here. */
  publicAccess = true;
  /** Where a login is sent instead (ENVCHANGE routing); undefined: it is served here. */
  route: { host: string; port: number } | undefined;

  constructor(rules: readonly FirewallRule[] = []) {
    for (const rule of rules) this.setRule(rule);
  }

  rules(): FirewallRule[] {
    return [...this.#rules];
  }

  /**
   * Adds a rule or replaces the one of the same name.
   * @throws Error when an address is not IPv4 or the range runs backwards.
   */
  setRule(rule: FirewallRule): void {
    if (!isIPv4(rule.start) || !isIPv4(rule.end)) throw new Error(`Not IPv4: ${rule.start} - ${rule.end}`);
    if (addressNumber(rule.start) > addressNumber(rule.end))
      throw new Error('The range ends before it starts');
    const name = rule.name.toLowerCase();
    this.#rules = [...this.#rules.filter((other) => other.name.toLowerCase() !== name), rule];
  }

  /** All of them without a name. */
  removeRules(name?: string): void {
    this.#rules =
      name === undefined ? [] : this.#rules.filter((rule) => rule.name.toLowerCase() !== name.toLowerCase());
  }

  get resuming(): Resuming {
    return { ...this.#resuming };
  }

  setResuming(resuming: { seconds?: number; attempts?: number }): void {
    this.#resuming = { until: Date.now() + (resuming.seconds ?? 0) * 1000, attempts: resuming.attempts ?? 0 };
  }

  /**
   * Before a token is asked for, as Azure's gateway does it.
   * @throws SqlError 47073, 40615, 40613.
   */
  admit(knock: Knock): void {
    const server = knock.serverName.split('.')[0] ?? knock.serverName;
    if (!this.publicAccess) throw failure(47073, 14, publicAccessDenied);
    const address = knock.clientAddress.replace(/^::ffff:/, '').replace(/^::1$/, '127.0.0.1');
    if (!this.#rules.some((rule) => covers(rule, address)))
      throw failure(40615, 14, notAllowed(server, address));
    if (this.#resuming.attempts > 0 || Date.now() < this.#resuming.until) {
      this.#resuming.attempts = Math.max(0, this.#resuming.attempts - 1);
      throw failure(40613, 17, unavailable(server, knock.database || 'master'));
    }
  }
}

function covers(rule: FirewallRule, address: string): boolean {
  // "Allow Azure services" is a mark, not a range.
  if (rule.end === '0.0.0.0' || !isIPv4(address)) return false;
  const range = new BlockList();
  range.addRange(rule.start, rule.end);
  return range.check(address);
}

function addressNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function failure(number: number, severity: number, message: string): SqlError {
  return new SqlError({ number, state: 1, class: severity, message, line: 1 });
}

// Wordings: https://learn.microsoft.com/azure/azure-sql/database/troubleshoot-common-errors-issues, with the server's double blanks.
const publicAccessDenied =
  'An instance-specific error occurred while establishing a connection to SQL Server. The public network interface on this server ' +
  'is not accessible. To connect to this server, use the Private Endpoint from inside your virtual network.';

function notAllowed(server: string, address: string): string {
  return (
    `Cannot open server '${server}' requested by the login. Client with IP address '${address}' is not allowed to access the ` +
    `server.  To enable access, use the Azure Management Portal or run sp_set_firewall_rule on the master database to create a ` +
    `firewall rule for this IP address or address range.  It may take up to five minutes for this change to take effect.`
  );
}

function unavailable(server: string, database: string): string {
  return (
    `Database '${database}' on server '${server}' is not currently available.  Please retry the connection later.  If the problem ` +
    `persists, contact customer support, and provide them the session tracing ID of '{${randomUUID().toUpperCase()}}'.`
  );
}
