// Settings as somebody may have written them by hand, or as a hostile workspace brings them: decoded field by field, never believed.
import { builtInClouds, type Cloud } from './cloud.ts';
import {
  defaultTable,
  type ConnectionProfile,
  type CredentialChoice,
  type CredentialKind,
  type TableName,
} from './connection.ts';
import { nameProblem } from './names.ts';

type Fields = Readonly<Record<string, unknown>>;

const credentialKinds: ReadonlySet<string> = new Set<CredentialKind>([
  'vscode',
  'azureCli',
  'azureDeveloperCli',
  'azurePowerShell',
  'managedIdentity',
  'workloadIdentity',
  'environment',
  'default',
  'visualStudioCode',
]);

const hostPattern = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\.?$/i;
const guidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether text is a host name or an IPv4 address: what may be dialled and compared with a cloud's suffix. */
export function isHostName(text: string): boolean {
  return hostPattern.test(text);
}

/** Whether text is a tenant: a domain or a GUID. */
export function isTenant(text: string): boolean {
  return guidPattern.test(text) || (text.includes('.') && isHostName(text));
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(fields: Fields, name: string, longest = 256): string | undefined {
  const value = fields[name];
  return typeof value === 'string' && value.trim() !== '' && value.length <= longest
    ? value.trim()
    : undefined;
}

function whole(fields: Fields, name: string, least: number, most: number): number | undefined {
  const value = fields[name];
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
    ? value
    : undefined;
}

/**
 * Decodes `passwordlessSql.connections`. What is missing gets its default; an entry that cannot be dialled becomes a sentence.
 * The cloud named here only matters for a host outside every known cloud, which a person must confirm.
 */
export function readProfiles(value: unknown): { profiles: ConnectionProfile[]; problems: string[] } {
  const profiles: ConnectionProfile[] = [];
  const problems: string[] = [];
  const ids = new Set<string>();
  for (const [index, entry] of (Array.isArray(value) ? value : []).entries()) {
    const profile = isFields(entry) ? readProfile(entry) : 'it is not an object';
    const which = `Connection ${index + 1} of passwordlessSql.connections was ignored`;
    if (typeof profile === 'string') problems.push(`${which}: ${profile}.`);
    else if (ids.has(profile.id)) problems.push(`${which}: another one has the same id.`);
    else {
      ids.add(profile.id);
      profiles.push(profile);
    }
  }
  return { profiles, problems };
}

function readProfile(fields: Fields): ConnectionProfile | string {
  const id = text(fields, 'id', 100);
  if (id === undefined) return 'it has no id';
  const server = text(fields, 'server');
  if (server === undefined || !isHostName(server)) return 'its server is no host name';
  const database = text(fields, 'database');
  const problem = database === undefined ? 'it names no database' : nameProblem(database);
  if (database === undefined || problem !== undefined) return `${problem}`;
  const credential = readCredential(fields['credential']);
  if (typeof credential === 'string') return credential;
  const applicationName = text(fields, 'applicationName', 128);
  return {
    id,
    name: readName(fields) ?? `${database} on ${server}`,
    server,
    port: whole(fields, 'port', 1, 65_535) ?? 1433,
    database,
    cloud: text(fields, 'cloud', 100) ?? 'public',
    credential,
    encryption: fields['encryption'] === 'strict' ? 'strict' : 'tls',
    connectTimeout: whole(fields, 'connectTimeout', 1, 600) ?? 15,
    requestTimeout: whole(fields, 'requestTimeout', 0, 86_400) ?? 0,
    maxPoolSize: whole(fields, 'maxPoolSize', 1, 100) ?? 10,
    tables: readTables(fields['tables']),
    ...(applicationName === undefined ? {} : { applicationName }),
  };
}

/** On one line, and without the characters that turn what is written behind them around. */
function readName(fields: Fields): string | undefined {
  const name = text(fields, 'name')
    ?.replaceAll(/[\s\p{Cc}\u202a-\u202e\u2066-\u2069]+/gu, ' ')
    .trim();
  return name === '' ? undefined : name;
}

function readCredential(value: unknown): CredentialChoice | string {
  if (value === undefined) return { kind: 'vscode' };
  if (!isFields(value)) return 'its credential is not an object';
  const kind = value['kind'];
  if (typeof kind !== 'string' || !credentialKinds.has(kind)) return 'its credential is of no known kind';
  const choice: CredentialChoice = { kind: kind as CredentialKind };
  const account = value['account'];
  if (isFields(account)) {
    const accountId = text(account, 'id');
    const label = text(account, 'label');
    if (accountId !== undefined && label !== undefined) choice.account = { id: accountId, label };
  }
  const tenant = text(value, 'tenant');
  if (tenant !== undefined) {
    if (!isTenant(tenant)) return 'its tenant is neither a domain nor a GUID';
    choice.tenant = tenant;
  }
  const clientId = text(value, 'clientId');
  if (clientId !== undefined) {
    if (!guidPattern.test(clientId)) return 'its client id is no GUID';
    choice.clientId = clientId;
  }
  return choice;
}

/** Rows that the tree reads at a time: what the manifest allows, else its default. Also a workspace may say it, so it is not believed. */
export function readPageSize(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 1000 ? value : 100;
}

function readTables(value: unknown): readonly TableName[] {
  const tables: TableName[] = [];
  for (const entry of Array.isArray(value) ? value : []) {
    if (!isFields(entry)) continue;
    const { schema, name } = entry;
    if (typeof schema !== 'string' || typeof name !== 'string') continue;
    if (nameProblem(schema) === undefined && nameProblem(name) === undefined) tables.push({ schema, name });
  }
  return tables.length > 0 ? tables : [defaultTable];
}

/** Decodes `passwordlessSql.customClouds` of the user's own settings. Custom clouds come first, the built-in ones always follow. */
export function readClouds(value: unknown): { clouds: Cloud[]; problems: string[] } {
  const clouds: Cloud[] = [];
  const problems: string[] = [];
  for (const [index, entry] of (Array.isArray(value) ? value : []).entries()) {
    const cloud = isFields(entry) ? readCloud(entry, clouds) : 'it is not an object';
    if (typeof cloud === 'string')
      problems.push(`Cloud ${index + 1} of passwordlessSql.customClouds was ignored: ${cloud}.`);
    else clouds.push(cloud);
  }
  return { clouds: [...clouds, ...builtInClouds], problems };
}

function readCloud(fields: Fields, others: readonly Cloud[]): Cloud | string {
  const name = text(fields, 'name', 100);
  if (name === undefined) return 'it has no name';
  if ([...builtInClouds, ...others].some(({ id }) => id.toLowerCase() === name.toLowerCase()))
    return `there is a cloud "${name}" already`;
  const suffix = text(fields, 'hostSuffix')?.replace(/^\./, '').replace(/\.$/, '').toLowerCase();
  if (suffix === undefined || !isHostName(suffix)) return 'its hostSuffix is no host name';
  // One label is a whole top-level domain: everybody's hosts. "localhost" cannot be anybody else's.
  if (!suffix.includes('.') && suffix !== 'localhost')
    return `its hostSuffix "${suffix}" is too wide: it would cover servers of other people`;
  // An address has no subdomains, and ".1" would be a suffix of many of them.
  if (/^[\d.]+$/.test(suffix)) return 'its hostSuffix is an address, not a name';
  const own = builtInClouds.find(
    ({ hostSuffix }) => covers(suffix, hostSuffix) || covers(hostSuffix, suffix),
  );
  if (own) return `its hostSuffix "${suffix}" overlaps with ${own.label}`;
  const audience = secureUrl(text(fields, 'audience'));
  if (audience === undefined) return 'its audience is no https address';
  const authority = secureUrl(text(fields, 'authority'));
  if (authority === undefined) return 'its authority is no https address';
  return {
    id: name,
    label: name,
    hostSuffix: suffix,
    audience,
    authority,
    resourceManager: secureUrl(text(fields, 'resourceManager')),
    vscodeProvider:
      fields['vscodeProvider'] === 'microsoft-sovereign-cloud' ? 'microsoft-sovereign-cloud' : 'microsoft',
    caFile: text(fields, 'caFile', 4096),
  };
}

/** Whether every host under `inner` lies under `outer`. */
function covers(outer: string, inner: string): boolean {
  return inner === outer || inner.endsWith(`.${outer}`);
}

/** An https address without user, query or fragment, and without a trailing slash. */
function secureUrl(value: string | undefined): string | undefined {
  if (value === undefined || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  const isPlain = url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  return url.protocol === 'https:' && isPlain
    ? `${url.origin}${url.pathname}`.replace(/\/+$/, '')
    : undefined;
}
