// Reads any of the connection strings people have at hand: ADO.NET, ODBC, JDBC, SQLAlchemy, mssql and go-mssqldb. Secrets are dropped and named.
import type { ConnectionProfile, CredentialChoice } from './connection.ts';
import { connectionPairs, urlPairs } from './connectionStringPairs.ts';
import { nameProblem } from './names.ts';
import { isHostName, isTenant } from './settings.ts';

/** What a connection string says of a connection. */
export interface ConnectionStringReading {
  settings: Partial<Omit<ConnectionProfile, 'id' | 'name' | 'cloud' | 'tables'>>;
  /** What was in it and is not kept, in words for people; never a value of a secret. */
  dropped: readonly string[];
}

/** Every spelling of a keyword, without blanks, underscores and hyphens, in lower case. Learn: SqlConnection.ConnectionString; ODBC DSN keywords; JDBC properties. */
const keywords: Readonly<Record<string, string>> = {
  server: 'server',
  datasource: 'server',
  addr: 'server',
  address: 'server',
  networkaddress: 'server',
  servername: 'server',
  host: 'server',
  port: 'port',
  portnumber: 'port',
  database: 'database',
  databasename: 'database',
  initialcatalog: 'database',
  userid: 'user',
  uid: 'user',
  user: 'user',
  username: 'user',
  password: 'password',
  pwd: 'password',
  accesstoken: 'token',
  clientsecret: 'password',
  aadsecureprincipalsecret: 'password',
  authentication: 'authentication',
  fedauth: 'authentication',
  tenantid: 'tenant',
  msiclientid: 'clientId',
  clientid: 'clientId',
  connecttimeout: 'connectTimeout',
  connectiontimeout: 'connectTimeout',
  dialtimeout: 'connectTimeout',
  logintimeout: 'connectTimeout',
  timeout: 'connectTimeout',
  commandtimeout: 'requestTimeout',
  querytimeout: 'requestTimeout',
  requesttimeout: 'requestTimeoutMs',
  maxpoolsize: 'maxPoolSize',
  applicationname: 'applicationName',
  app: 'applicationName',
  appname: 'applicationName',
  encrypt: 'encrypt',
  trustservercertificate: 'trust',
  integratedsecurity: 'integrated',
  trustedconnection: 'integrated',
};

/**
 * @returns undefined when the text is no connection string with a server in it. Never throws and never quotes the text: it may hold a password.
 */
export function readConnectionString(source: string): ConnectionStringReading | undefined {
  const text = source.trim();
  if (text === '' || text.length > 32_768) return undefined;
  const isUrl = /^(mssql|sqlserver)(\+[a-z]+)?:\/\//i.test(text);
  const pairs = isUrl ? urlPairs(text) : connectionPairs(text);
  if (!pairs) return undefined;
  const values = new Map<string, string>();
  for (const pair of pairs) {
    const keyword = keywords[pair.keyword.toLowerCase().replaceAll(/[\s_-]/g, '')];
    // The first one counts for ODBC, the last one for ADO.NET; a string that says a thing twice is rare enough to take the last.
    if (keyword !== undefined && pair.value !== '') values.set(keyword, pair.value);
  }
  const place = serverOf(values);
  if (!place) return undefined;
  const dropped: string[] = [];
  const settings: ConnectionStringReading['settings'] = { server: place.server, port: place.port };
  const database = values.get('database');
  if (database !== undefined && nameProblem(database) === undefined) settings.database = database;
  if (values.has('password')) dropped.push('the password');
  if (values.has('token')) dropped.push('the access token');
  if (place.instance !== undefined)
    dropped.push(`the instance name "${place.instance}" (Azure SQL has none)`);
  readTls(values, settings, dropped);
  readCredential(values, settings, dropped);
  readNumbers(values, settings, isUrl);
  const applicationName = values.get('applicationName');
  if (applicationName !== undefined && applicationName.length <= 128)
    settings.applicationName = applicationName;
  return { settings, dropped };
}

function serverOf(
  values: ReadonlyMap<string, string>,
): { server: string; port: number; instance?: string } | undefined {
  // tcp:host\instance,port — also host:port, as URLs and JDBC write it.
  const match = /^(?:tcp:|admin:)?\s*([^,:\\\s]+)(?:\\([^,:]+))?(?:\s*[,:]\s*(\d{1,5}))?$/i.exec(
    values.get('server')?.trim() ?? '',
  );
  const host = match?.[1];
  if (host === undefined || !isHostName(host)) return undefined;
  const port = Number(match?.[3] ?? values.get('port') ?? 1433);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return undefined;
  const instance = match?.[2];
  return { server: host, port, ...(instance === undefined ? {} : { instance }) };
}

const isYes = (value: string | undefined): boolean => /^(true|yes|1|mandatory)$/i.test(value ?? '');
const isNo = (value: string | undefined): boolean => /^(false|no|0|optional|disable)$/i.test(value ?? '');

function readTls(
  values: ReadonlyMap<string, string>,
  settings: ConnectionStringReading['settings'],
  dropped: string[],
): void {
  const encrypt = values.get('encrypt');
  if (/^strict$/i.test(encrypt ?? '')) settings.encryption = 'strict';
  if (isNo(encrypt)) dropped.push('Encrypt=false (the connection is always encrypted)');
  if (isYes(values.get('trust'))) dropped.push('TrustServerCertificate (the certificate is always verified)');
}

function readCredential(
  values: ReadonlyMap<string, string>,
  settings: ConnectionStringReading['settings'],
  dropped: string[],
): void {
  const method = (values.get('authentication') ?? '')
    .toLowerCase()
    .replaceAll(/[\s_-]/g, '')
    .replace(/^activedirectory/, '');
  const user = values.get('user');
  const clientId = guid(values.get('clientId')) ?? guid(user);
  const tenant = values.get('tenant');
  const choice = (kind: CredentialChoice['kind'], withClient = false): void => {
    settings.credential = {
      kind,
      ...(withClient && clientId !== undefined ? { clientId } : {}),
      ...(tenant !== undefined && isTenant(tenant) ? { tenant } : {}),
    };
  };
  switch (method) {
    case 'managedidentity':
    case 'msi':
      return choice('managedIdentity', true);
    case 'workloadidentity':
      return choice('workloadIdentity', true);
    case 'azcli':
    case 'azurecli':
      return choice('azureCli');
    case 'azuredevelopercli':
      return choice('azureDeveloperCli');
    case 'interactive':
    case 'devicecode':
    case 'devicecodeflow':
    case 'integrated':
      return choice('vscode');
    case 'default':
      // Which credential would answer depends on the machine; here a person says who they are.
      dropped.push('Authentication=Active Directory Default (you choose how to sign in)');
      return choice('vscode');
    case '':
      if (user !== undefined) dropped.push('the SQL user (you sign in with Microsoft Entra)');
      else if (isYes(values.get('integrated')) || /^sspi$/i.test(values.get('integrated') ?? ''))
        dropped.push('Windows authentication (you sign in with Microsoft Entra)');
      return choice('vscode');
    default:
      dropped.push('the authentication method (it needs a secret)');
      return choice('vscode');
  }
}

function guid(value: string | undefined): string | undefined {
  return value !== undefined && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)
    ? value.toLowerCase()
    : undefined;
}

function readNumbers(
  values: ReadonlyMap<string, string>,
  settings: ConnectionStringReading['settings'],
  isUrl: boolean,
): void {
  const number = (name: string, least: number, most: number, divide = 1): number | undefined => {
    const text = values.get(name);
    if (text === undefined || !/^\d{1,9}$/.test(text)) return undefined;
    return Math.min(most, Math.max(least, Math.ceil(Number(text) / divide)));
  };
  // node-mssql counts connectionTimeout in milliseconds; nobody waits 1000 s for a login.
  const inMilliseconds = isUrl && Number(values.get('connectTimeout') ?? 0) >= 1000;
  const connect = number('connectTimeout', 1, 600, inMilliseconds ? 1000 : 1);
  if (connect !== undefined) settings.connectTimeout = connect;
  const request = number('requestTimeout', 0, 86_400) ?? number('requestTimeoutMs', 0, 86_400, 1000);
  if (request !== undefined) settings.requestTimeout = request;
  const pool = number('maxPoolSize', 1, 100);
  if (pool !== undefined) settings.maxPoolSize = pool;
}
