// What a test, the demo or a person may ask of a running local Azure beside TDS and Entra: the control endpoint's bodies.
import type { DirectoryObject, Tenant } from '../entra/directory.ts';
import type { IssuerFault } from '../entra/issuerFault.ts';
import type { TokenSettings } from '../entra/tokens.ts';
import type { FirewallRule, Resuming } from '../gateway/gateway.ts';
import type { ConnectionInfo } from '../tds/tdsServerOptions.ts';
import type { Wire } from '../tds/wire.ts';

/** Where everything is; the one JSON line of `npm run azure -- --json`. */
export interface AzureAddresses {
  tds: { host: string; port: number };
  /** The same databases behind another port, without a gateway: where a login may be sent on to (`setRoute`). */
  node: { host: string; port: number };
  /** Entra authority, 'https://localhost:<port>'. */
  issuer: string;
  /** IDENTITY_ENDPOINT, and IDENTITY_HEADER by system-assigned identity. */
  msi: { url: string; headers: Record<string, string> };
  control: { url: string; key: string };
  /** PEM file for NODE_EXTRA_CA_CERTS. */
  caFile: string;
  tenant: Tenant;
  otherTenant: Tenant;
  /** Resource of the server's tokens, with its slash: 'https://database.localhost/'. */
  audience: string;
  databases: string[];
  /** The one SQL login, for clients that know no Entra; absent in Entra-only mode. */
  sqlLogin?: { user: string; password: string };
  /** The applications with a secret. */
  applications: { name: string; appId: string; secret: string }[];
}

export interface TokenOrder {
  /** Object id, app id, upn, mail or display name. */
  principal: string;
  /** Domain or id; where the principal is looked for. Absent: everywhere. */
  tenant?: string;
  /** Absent: the server's. */
  audience?: string;
  /** Seconds; negative: expired. */
  lifetime?: number;
  /** Claims to overwrite. */
  claims?: Record<string, unknown>;
}

export interface OrderedToken {
  accessToken: string;
  /** Seconds since 1970. */
  expiresOn: number;
  account: { id: string; label: string; tenantId: string };
}

/** A live connection as the TDS front counts it; `since` in ISO 8601. */
export type Connected = Omit<ConnectionInfo, 'since'> & { since: string };

export interface AzureState {
  firewall: FirewallRule[];
  publicAccess: boolean;
  resuming: Resuming;
  route: { host: string; port: number } | null;
  wire: Wire;
  issuerFault: IssuerFault | null;
  tokens: TokenSettings;
  /** Tokens issued so far, by the object id of whom they are for. */
  issued: Record<string, number>;
  directoryReaders: boolean;
  directory: DirectoryObject[];
  connections: Connected[];
  /** Ordered faults that have not happened yet. */
  faultsLeft: number;
}
