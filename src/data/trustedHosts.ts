// Where a token may go: hosts of the connection's cloud, and hosts that a person confirmed. Nothing a server says adds to it.
import { cloudOfHost, hostBelongsTo, type Cloud } from '../core/cloud.ts';
import type { ConnectionProfile } from '../core/connection.ts';
import { AppError } from '../core/errors.ts';
import type { ConfirmedHosts } from '../core/ports.ts';
import { isHostName } from '../core/settings.ts';

export class TrustedHosts {
  readonly #clouds: () => readonly Cloud[];
  readonly #confirmed: ConfirmedHosts;

  constructor(clouds: () => readonly Cloud[], confirmed: ConfirmedHosts) {
    this.#clouds = clouds;
    this.#confirmed = confirmed;
  }

  /**
   * The cloud whose token this connection's server may get. It follows from the host; the profile's own word (it may come from a
   * workspace somebody else wrote) counts only for a host outside every cloud, and only once a person confirmed that host.
   * @throws AppError hostNotConfirmed; invalidInput for a cloud that no longer exists
   */
  cloudOf(profile: ConnectionProfile): Cloud {
    const clouds = this.#clouds();
    const cloud = cloudOfHost(profile.server, clouds);
    if (cloud !== undefined) return cloud;
    const named = clouds.find(({ id }) => id === profile.cloud);
    if (named !== undefined && !this.#confirmed.has(profile.server, named)) {
      throw new AppError(
        'hostNotConfirmed',
        `${profile.server} belongs to no Azure cloud that is known here. Your token was not sent. Confirm the server if it is yours.`,
        {
          remedies: [
            { kind: 'confirmHost', connectionId: profile.id, host: profile.server },
            { kind: 'editConnection', connectionId: profile.id },
          ],
        },
      );
    }
    if (named === undefined) {
      throw new AppError(
        'invalidInput',
        `This connection names a cloud "${profile.cloud}" that is not set up.`,
        {
          remedies: [{ kind: 'editConnection', connectionId: profile.id }],
        },
      );
    }
    return named;
  }

  /**
   * Called with every host that is about to be dialed for a connection, so also with the target of a redirect (ENVCHANGE ROUTING,
   * MS-TDS 2.2.7.9), before its name is even resolved.
   * @throws AppError hostNotConfirmed
   */
  check(host: string, cloud: Cloud, profile: ConnectionProfile): void {
    // A server may send anything as a name: what no name service could be asked for is not shown to a person either.
    if (!isHostName(host)) {
      throw new AppError(
        'hostNotConfirmed',
        `${profile.server} wants to send this connection on to something that is no host name. Your token was not sent there.`,
      );
    }
    if (hostBelongsTo(cloud, host) || this.#confirmed.has(host, cloud)) return;
    const other = cloudOfHost(host, this.#clouds());
    if (other !== undefined) {
      throw new AppError(
        'hostNotConfirmed',
        `${profile.server} wants to send this connection on to ${host}, which belongs to ${other.label}. Your token is for ${cloud.label} and was not sent there.`,
      );
    }
    throw new AppError(
      'hostNotConfirmed',
      `${profile.server} wants to send this connection on to ${host}, which is outside ${cloud.label}. Your token was not sent there.`,
      { remedies: [{ kind: 'confirmHost', connectionId: profile.id, host }] },
    );
  }
}
