// Entry of the lazily loaded bundle: the driver and everything that talks to the outside world.
import type { Cloud } from '../core/cloud.ts';
import type { Clock, ConfirmedHosts, Log, Sql, TokenSource } from '../core/ports.ts';
import { tokenSources } from './credentialSources.ts';
import { decodeExactly } from './exactValues.ts';
import { SqlDoor } from './sqlDoor.ts';
import { TokenCache } from './tokenCache.ts';
import { TrustedHosts } from './trustedHosts.ts';

export { createRowStores } from './rowStore.ts';

export interface SqlDependencies {
  log: Log;
  clock: Clock;
  /** Custom clouds first, then the built-in ones; asked every time, so a changed setting counts at once. */
  clouds: () => readonly Cloud[];
  /** Tokens of VS Code's own accounts. */
  vscodeTokenSource: TokenSource;
  confirmedHosts: ConfirmedHosts;
  /** Seen by the server as program name. */
  applicationName?: string;
}

export function createSql(dependencies: SqlDependencies): Sql {
  decodeExactly();
  const { log, clock, clouds, confirmedHosts } = dependencies;
  return new SqlDoor({
    tokens: new TokenCache({ sources: tokenSources(dependencies.vscodeTokenSource), clock, log }),
    hosts: new TrustedHosts(clouds, confirmedHosts),
    clock,
    log,
    applicationName: dependencies.applicationName ?? 'Passwordless SQL for Azure',
  });
}
