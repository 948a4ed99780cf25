// The TDS server of the local Azure: listens, and keeps the list of who is connected.
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { tlsContexts } from './secureSocket.ts';
import { TdsConnection } from './tdsConnection.ts';
import type { ConnectionInfo, TdsServerOptions } from './tdsServerOptions.ts';
import { splitWrites } from './wire.ts';

/** TDS 7.2-7.4 with TLS inside PRELOGIN and TDS 8 (TLS first, ALPN `tds/8.0`) on one port. Unencrypted logins are refused. */
export class TdsServer {
  private readonly server: Server;
  private readonly live = new Map<number, TdsConnection>();
  private nextId: number;

  constructor(options: TdsServerOptions) {
    this.nextId = options.firstId ?? 1;
    const own = tlsContexts(options.tls);
    const other = tlsContexts(options.otherTls ?? options.tls);
    this.server = createServer({ pauseOnConnect: false }, (socket) => {
      const wire = options.wire?.() ?? {};
      if (wire.splitEvery !== undefined && wire.splitEvery > 0) splitWrites(socket, wire.splitEvery);
      const contexts = wire.tls === 'declined' ? 'declined' : wire.tls === 'otherName' ? other : own;
      const id = this.nextId++;
      this.live.set(id, new TdsConnection(id, socket, options, contexts, () => this.live.delete(id)));
    });
  }

  /** @returns the port, which is the system's choice for port 0. */
  async listen(port: number, host = '127.0.0.1'): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    return this.port;
  }

  get port(): number {
    const address: AddressInfo | string | null = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('the TDS server does not listen');
    return address.port;
  }

  /** Everyone connected now, also those who have not logged in yet. */
  get connections(): ConnectionInfo[] {
    return [...this.live.values()];
  }

  /** @returns false when there is no such connection. */
  closeConnection(id: number, how: 'fin' | 'rst'): boolean {
    const connection = this.live.get(id);
    connection?.drop(how);
    return connection !== undefined;
  }

  /** Stops listening and cuts every connection. */
  async close(): Promise<void> {
    const stopped = new Promise<void>((resolve, reject) => {
      this.server.close((error) => (error ? reject(error) : resolve()));
    });
    for (const connection of this.live.values()) connection.drop('rst');
    await stopped;
  }
}
