// A server that nobody should send a token to, and what it was sent all the same.
import * as net from 'node:net';

/** A server outside the known clouds. It would let people in; what it is sent is kept. */
export class HostileServer {
  /** Everything that each socket brought. */
  readonly received: Buffer[][] = [];
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();

  private constructor(tdsPort: number) {
    this.#server = net.createServer((socket) => {
      const bytes: Buffer[] = [];
      this.received.push(bytes);
      const behind = net.connect(tdsPort, '127.0.0.1');
      for (const one of [socket, behind]) {
        this.#sockets.add(one);
        one.on('error', () => undefined);
        one.on('close', () => {
          socket.destroy();
          behind.destroy();
        });
      }
      socket.on('data', (data) => bytes.push(data));
      socket.pipe(behind).pipe(socket);
    });
  }

  static async start(tdsPort: number): Promise<HostileServer> {
    const hostile = new HostileServer(tdsPort);
    await new Promise<void>((resolve) => hostile.#server.listen(0, '127.0.0.1', resolve));
    return hostile;
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
