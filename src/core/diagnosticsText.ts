// Pool and token of a connection as text: for a tooltip, and for a bug report, where names are left out unless somebody wants them in.
import type { ConnectionProfile } from './connection.ts';
import type { ConnectionDiagnostics, RetireReason } from './ports.ts';

const reasons: readonly RetireReason[] = ['age', 'token', 'broken', 'idle', 'evicted', 'closed'];

/** Name and value of each line. Never a token, never data. */
export function diagnosticLines(diagnostics: ConnectionDiagnostics): [string, string][] {
  const { token, lastFailure, retired } = diagnostics;
  const why = reasons.filter((reason) => retired[reason] > 0).map((reason) => `${reason} ${retired[reason]}`);
  const total = reasons.reduce((sum, reason) => sum + retired[reason], 0);
  return [
    ['In use', `${diagnostics.inUse} of ${diagnostics.maxPoolSize}`],
    ['Idle', String(diagnostics.idle)],
    ['Waiting', String(diagnostics.waiting)],
    ['Query sessions', String(diagnostics.sessions)],
    ['Created', `${diagnostics.created}, failed logins ${diagnostics.failedLogins}`],
    ['Retired', why.length > 0 ? `${total} (${why.join(', ')})` : '0'],
    ['Server connections', `${diagnostics.serverConnections} of ${diagnostics.serverLimit}`],
    ['Retries', String(diagnostics.retries)],
    [
      'Token',
      token
        ? `${token.source}, ${token.minutesLeft} minutes left, refreshed ${token.refreshes} times`
        : 'none',
    ],
    [
      'Last failure',
      lastFailure
        ? `${lastFailure.code}${lastFailure.number === undefined ? '' : ` (${lastFailure.number})`} at ${new Date(lastFailure.at).toISOString()}`
        : 'none',
    ],
  ];
}

/** What to paste into a bug report. Without `names`, placeholders stand for server, database, person and tenant. */
export function diagnosticsText(
  connection: ConnectionProfile,
  diagnostics: ConnectionDiagnostics | undefined,
  options: { names: boolean; version: string },
): string {
  const name = (value: string | undefined, placeholder: string) =>
    value === undefined ? 'unknown' : options.names ? value : `<${placeholder}>`;
  const token = diagnostics?.token;
  const lines: [string, string][] = [
    ['Passwordless SQL', options.version],
    ['Server', name(connection.server, 'server')],
    ['Database', name(connection.database, 'database')],
    // A cloud of one's own has a name of one's own.
    ['Cloud', connection.cloud === 'public' ? 'public' : name(connection.cloud, 'cloud')],
    ['Credential', connection.credential.kind],
    ['Who', name(token?.who, 'who')],
    ['Tenant of the token', name(token?.tenant, 'tenant')],
    ['Tenant of the server', name(diagnostics?.serverTenant, tenantPlaceholder(diagnostics))],
    ...(diagnostics ? diagnosticLines(diagnostics) : ([['Pool', 'never used']] as [string, string][])),
  ];
  const width = Math.max(...lines.map(([title]) => title.length));
  return `${lines.map(([title, value]) => `${title.padEnd(width)}  ${value}`).join('\n')}\n`;
}

/** Whether the two tenants differ is what a report is about; which they are is not. */
function tenantPlaceholder(diagnostics: ConnectionDiagnostics | undefined): string {
  const token = diagnostics?.token;
  return token === undefined || token.tenant === diagnostics?.serverTenant ? 'tenant' : 'another tenant';
}
