// The tenant each server belongs to, as it said itself at first contact; remembered, so that the warm path asks nothing.
import type { Cloud } from '../core/cloud.ts';
import type { ConnectionProfile } from '../core/connection.ts';
import type { Memory } from '../core/ports.ts';
import { SharedWork } from './sharedWork.ts';

const memoryKey = 'serverTenants';
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** The server names no tenant by id: remembered too, else it would be asked for ever. */
const none = '';

export class ServerTenants {
  readonly #memory: Pick<Memory, 'get' | 'set'> | undefined;
  readonly #known = new Map<string, string>();
  /** Questions under way, one per server. */
  readonly #asking = new Map<string, SharedWork<string | undefined>>();

  constructor(memory: Pick<Memory, 'get' | 'set'> | undefined) {
    this.#memory = memory;
    const kept = memory?.get(memoryKey);
    if (typeof kept !== 'object' || kept === null) return;
    for (const [key, tenant] of Object.entries(kept)) {
      if (typeof tenant === 'string' && (tenant === none || guid.test(tenant))) this.#known.set(key, tenant);
    }
  }

  /** Undefined when the server was never asked; '' when it names none. */
  known(profile: ConnectionProfile, cloud: Cloud): string | undefined {
    return this.#known.get(key(profile, cloud));
  }

  /**
   * The tenant of a server; `probe` asks it, once however many want to know, and is told to stop when nobody does. Undefined when it
   * names none.
   * @throws AppError what `probe` throws, cancelled
   */
  async of(
    profile: ConnectionProfile,
    cloud: Cloud,
    probe: (stop: AbortSignal) => Promise<string | undefined>,
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> {
    const server = key(profile, cloud);
    const known = this.#known.get(server);
    if (known !== undefined) return known === none ? undefined : known;
    let asking = this.#asking.get(server);
    if (asking === undefined) {
      const question = new SharedWork(probe, () => {
        if (this.#asking.get(server) === question) this.#asking.delete(server);
      });
      asking = question;
      this.#asking.set(server, question);
    }
    const tenant = await asking.join(signal);
    this.remember(profile, cloud, tenant);
    return tenant;
  }

  /** Ends what is being asked. */
  dispose(): void {
    for (const question of this.#asking.values()) question.abort();
  }

  remember(profile: ConnectionProfile, cloud: Cloud, tenant: string | undefined): void {
    const server = key(profile, cloud);
    const known = this.#known.get(server);
    // A login on which none was named takes nothing back: what a server did say it may not say each time.
    if (known === (tenant ?? none) || (tenant === undefined && known !== undefined)) return;
    this.#known.set(server, tenant ?? none);
    this.#keep();
  }

  /** The server refused a token of the tenant that is remembered: it may have moved. */
  forget(profile: ConnectionProfile, cloud: Cloud): void {
    if (this.#known.delete(key(profile, cloud))) this.#keep();
  }

  #keep(): void {
    // Not being able to remember costs one question more next time.
    void this.#memory?.set(memoryKey, Object.fromEntries(this.#known)).catch(() => undefined);
  }
}

function key({ server, port }: ConnectionProfile, cloud: Cloud): string {
  return `${server.toLowerCase()}:${port} ${cloud.id} ${cloud.authority}`;
}
