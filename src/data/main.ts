// Entry of the lazily loaded bundle: the driver and everything that talks to the outside world.
import type { Cloud } from '../core/cloud.ts';
import type { Clock, ConfirmedHosts, Log, Memory, Sql, TokenSource } from '../core/ports.ts';
import { tokenSources } from './credentialSources.ts';
import { decodeExactly } from './exactValues.ts';
import { usualTimes, type PoolTimes } from './poolConfig.ts';
import { ServerLimit } from './serverLimit.ts';
import { ServerTenants } from './serverTenants.ts';
import { SqlDoor } from './sqlDoor.ts';
import { TokenCache } from './tokenCache.ts';
import { TokenOwners } from './tokenOwners.ts';
import { TrustedHosts } from './trustedHosts.ts';

export { createRowStores } from './rowStore.ts';

/** The smallest service objective (Basic) serves 30 requests at a time (Learn, "Resource limits", DTU model). */
const defaultServerLimit = 30;

export interface SqlDependencies {
  log: Log;
  clock: Clock;
  /** Custom clouds first, then the built-in ones; asked every time, so a changed setting counts at once. */
  clouds: () => readonly Cloud[];
  /** Tokens of VS Code's own accounts. */
  vscodeTokenSource: TokenSource;
  confirmedHosts: ConfirmedHosts;
  /** Where the tenants of servers are remembered; without it they are asked again after a restart. */
  memory?: Pick<Memory, 'get' | 'set'>;
  /** Connections to one server over all its databases; 30 unless said. */
  maxConnectionsPerServer?: () => number;
  /** Milliseconds; half a minute of idleness and a minute of waiting unless said. */
  times?: Partial<PoolTimes>;
  /** 0 to 1, for the jitter of each token's renewal; Math.random unless said. */
  random?: () => number;
  /** Seen by the server as program name. */
  applicationName?: string;
  /** Folder of `@azure/identity-vscode`, which a person installed; from the user's own settings only, for what lies there is run. */
  visualStudioCodePlugin?: () => string | undefined;
}

export function createSql(dependencies: SqlDependencies): Sql {
  decodeExactly();
  const { log, clock, clouds, confirmedHosts } = dependencies;
  const applicationName = dependencies.applicationName ?? 'Passwordless SQL for Azure';
  const { visualStudioCodePlugin } = dependencies;
  const sources = tokenSources(
    dependencies.vscodeTokenSource,
    visualStudioCodePlugin === undefined ? {} : { visualStudioCodePlugin },
  );
  const limit = new ServerLimit(dependencies.maxConnectionsPerServer ?? (() => defaultServerLimit));
  const times = { ...usualTimes, ...dependencies.times };
  return new SqlDoor({
    tokens: new TokenCache({
      sources,
      clock,
      log,
      ...(dependencies.random === undefined ? {} : { random: dependencies.random }),
    }),
    owners: new TokenOwners({
      hosts: new TrustedHosts(clouds, confirmedHosts),
      tenants: new ServerTenants(dependencies.memory),
      limit,
      patience: times.acquireTimeout,
      applicationName,
    }),
    limit,
    clock,
    log,
    times,
    applicationName,
  });
}
