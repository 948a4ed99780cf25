// Asks a server which tenant it belongs to: a login up to FEDAUTHINFO, where the token would be sent, and no further.
import { Connection } from 'tedious';
import type { ServerMessage } from '../core/errors.ts';
import { cancelled } from '../core/errors.ts';
import { connectError, errorChain } from './errorChain.ts';
import { LoginGuard } from './loginGuard.ts';
import { driverConfig, ownAuthority, type Target } from './poolConfig.ts';
import { serverMessage } from './runRequest.ts';

/** Ends the login at the moment at which a token would be given. */
class Probed extends Error {
  readonly tenant: string | undefined;

  constructor(tenant: string | undefined) {
    super('The server was only asked for its tenant.');
    this.tenant = tenant;
  }
}

/**
 * @returns the tenant's id; undefined when the server names none
 * @throws AppError of the login (firewall, name, TLS, …); hostNotConfirmed when the server asks for what no server of the cloud asks;
 * cancelled
 */
export function probeTenant(
  target: Target,
  checkHost: (host: string) => void,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const { profile, cloud } = target;
  const context = {
    connectionId: profile.id,
    server: profile.server,
    database: profile.database,
    credential: profile.credential.kind,
  };
  const authority = ownAuthority(cloud);
  return new Promise((resolve, reject) => {
    const guard = new LoginGuard({
      server: profile.server,
      cloud,
      connectTimeout: profile.connectTimeout * 1000,
      checkHost,
      token: (tenant) => Promise.reject(new Probed(tenant)),
    });
    const connection = new Connection(driverConfig(target, guard, authority));
    guard.watch(connection);
    const messages: ServerMessage[] = [];
    const giveUp = (): void => {
      connection.close();
      reject(cancelled(signal?.reason));
    };
    signal?.addEventListener('abort', giveUp, { once: true });
    connection.on('errorMessage', (message) => messages.push(serverMessage(message)));
    // Without a listener a socket that fails late would end the extension host.
    connection.on('error', () => undefined);
    connection.connect((error) => {
      signal?.removeEventListener('abort', giveUp);
      connection.close();
      const probed = errorChain(error).find((part) => part instanceof Probed);
      if (probed instanceof Probed) resolve(probed.tenant);
      else if (error === undefined || error === null) resolve(undefined);
      else reject(guard.refusal ?? connectError(error, messages, context));
    });
    if (signal?.aborted === true) giveUp();
  });
}
