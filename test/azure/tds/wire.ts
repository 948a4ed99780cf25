// What is wrong with the wire itself, before anybody can say who it is: encryption, the certificate, how bytes arrive.
import type { Socket } from 'node:net';

/** Holds for every connection that begins while it is set. */
export interface Wire {
  /** declined: PRELOGIN says that this server does not encrypt. otherName: the certificate is of another host. */
  tls?: 'declined' | 'otherName';
  /** Every so many bytes are a write of their own, from the first of PRELOGIN on. Not with TDS 8, whose TLS writes to the socket itself. */
  splitEvery?: number;
}

/** Everything written to the socket goes in pieces of `every` bytes. */
export function splitWrites(socket: Socket, every: number): void {
  const write = socket.write.bind(socket);
  socket.write = (
    data: string | Uint8Array,
    encoding?: BufferEncoding | ((error?: Error | null) => void),
    callback?: (error?: Error | null) => void,
  ): boolean => {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    const done = typeof encoding === 'function' ? encoding : callback;
    let goOn = true;
    for (let at = 0; at < bytes.length; at += every) {
      const last = at + every >= bytes.length;
      const piece = bytes.subarray(at, at + every);
      goOn = last && done !== undefined ? write(piece, done) : write(piece);
    }
    if (bytes.length === 0) done?.();
    return goOn;
  };
}
