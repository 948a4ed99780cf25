// A saved connection: everything needed to reach one database, and never a secret.

/** How a token is got for a connection. Exactly one, never chained silently. */
export type CredentialKind =
  | 'vscode'
  | 'azureCli'
  | 'azureDeveloperCli'
  | 'azurePowerShell'
  | 'managedIdentity'
  | 'workloadIdentity'
  | 'environment'
  | 'default'
  | 'visualStudioCode';

/** Whether it is an app that signs in: its identity belongs to one tenant, so there is none to choose. */
export function isApplication(kind: CredentialKind): boolean {
  return kind === 'managedIdentity' || kind === 'workloadIdentity' || kind === 'environment';
}

export interface CredentialChoice {
  kind: CredentialKind;
  /** VS Code account id (`<oid>.<home tenant>`) and its label for people; vscode only. */
  account?: { id: string; label: string };
  /** Domain or GUID; absent = the account's home tenant. */
  tenant?: string;
  /** User-assigned managed identity or workload identity: its client id. */
  clientId?: string;
}

export interface TableName {
  schema: string;
  name: string;
}

/** As kept in settings under `passwordlessSql.connections`. */
export interface ConnectionProfile {
  /** Random, stable. */
  id: string;
  /** Shown in the tree; defaults to "database on server". */
  name: string;
  /** Host name without protocol. */
  server: string;
  /** 1433 unless said. */
  port: number;
  database: string;
  /** Id of a cloud; derived from the server when the profile is made. */
  cloud: string;
  credential: CredentialChoice;
  /** 'tls' = TLS inside TDS 7.4, 'strict' = TDS 8. Never off. */
  encryption: 'tls' | 'strict';
  /** Seconds; default 15. */
  connectTimeout: number;
  /** Seconds; 0 = none, the default. */
  requestTimeout: number;
  /** Default 10. */
  maxPoolSize: number;
  /** Tables shown under "Users"; the first is the one "insert user" means. Default [dbo].[user]. */
  tables: readonly TableName[];
  applicationName?: string;
}

export const defaultTable: TableName = { schema: 'dbo', name: 'user' };

export function isSameTable(one: TableName, other: TableName): boolean {
  return one.schema === other.schema && one.name === other.name;
}

/** The chosen tables: those that were shown before stay first and in their order, for the first is the one "insert user" means. */
export function tablesInOrder(chosen: readonly TableName[], shown: readonly TableName[]): TableName[] {
  const place = (table: TableName): number => {
    const index = shown.findIndex((one) => isSameTable(one, table));
    return index < 0 ? shown.length : index;
  };
  return chosen.toSorted((one, other) => place(one) - place(other));
}
