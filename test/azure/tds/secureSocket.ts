// From an accepted TCP socket to a TLS stream, by either way a client may begin (MS-TDS 2.2.6.5, 3.3.5.1).
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { ProtocolError } from './byteReader.ts';
import { PacketReader, PacketType } from './packetReader.ts';
import { packetize } from './packets.ts';
import { encodePrelogin, Encryption, parsePrelogin } from './prelogin.ts';
import type { Prelogin } from './prelogin.ts';
import { PreloginTransport } from './preloginTransport.ts';

const TLS_HANDSHAKE_RECORD = 0x16;
const PRELOGIN_LIMIT = 64 * 1024;
/** The upper bits of ENCRYPTION speak of client certificates. */
const ENCRYPTION_MASK = 0x0f;

export interface TlsContexts {
  /** TDS 7.x: TLS 1.2, as the server does there. */
  wrapped: SecureContext;
  /** TDS 8: TLS 1.2 or 1.3. */
  strict: SecureContext;
}

/** PEM. */
export function tlsContexts(certificate: { key: string; cert: string }): TlsContexts {
  return {
    wrapped: createSecureContext({ ...certificate, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }),
    strict: createSecureContext({ ...certificate, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' }),
  };
}

export interface SecureEvents {
  log(line: string): void;
  /** The stream may be read and written at once; `prelogin` is undefined when it still has to come through it (TDS 8). */
  secured(client: { stream: TLSSocket; prelogin: Prelogin | undefined }): void;
  failed(error: unknown): void;
}

/** TDS 8 begins with TLS, TDS 7 with a PRELOGIN packet; both come to the same port. declined: the server says that it does not encrypt. */
export function acceptSecurely(
  socket: Socket,
  contexts: TlsContexts | 'declined',
  events: SecureEvents,
): void {
  socket.once('data', (chunk: Buffer) => {
    socket.pause();
    socket.unshift(chunk);
    if (chunk[0] === TLS_HANDSHAKE_RECORD) {
      if (contexts === 'declined') {
        events.log('refused: TLS');
        socket.destroy();
        return;
      }
      const stream = startTls(socket, socket, contexts.strict, events, ['tds/8.0']);
      events.secured({ stream, prelogin: undefined });
    } else {
      readPrelogin(socket, contexts, events);
    }
  });
}

function startTls(
  socket: Socket,
  below: Duplex,
  secureContext: SecureContext,
  events: SecureEvents,
  protocols: string[] | undefined,
): TLSSocket {
  const stream = new TLSSocket(below, {
    isServer: true,
    secureContext,
    requestCert: false,
    ...(protocols ? { ALPNProtocols: protocols } : {}),
  });
  stream.on('error', (error) => {
    events.log(`TLS: ${error.message}`);
    socket.destroy();
  });
  stream.on('close', () => socket.destroy());
  return stream;
}

function readPrelogin(socket: Socket, contexts: TlsContexts | 'declined', events: SecureEvents): void {
  const found: Prelogin[] = [];
  const packets = new PacketReader(PRELOGIN_LIMIT, (message) => {
    if (message.type !== PacketType.prelogin) throw new ProtocolError('the first message must be PRELOGIN');
    found.push(parsePrelogin(message.body));
  });
  const onData = (chunk: Buffer): void => {
    try {
      let rest = chunk;
      while (found.length === 0 && rest.length > 0) rest = rest.subarray(packets.push(rest, true));
      const [prelogin] = found;
      if (!prelogin) return;
      socket.off('data', onData);
      socket.pause();
      if (rest.length > 0) socket.unshift(rest);
      answerPrelogin(socket, prelogin, contexts, events);
    } catch (error) {
      events.failed(error);
    }
  };
  socket.on('data', onData);
  socket.resume();
}

/** TLS after this answer; a client without encryption gets the answer that says so and nothing more. */
function answerPrelogin(
  socket: Socket,
  prelogin: Prelogin,
  contexts: TlsContexts | 'declined',
  events: SecureEvents,
): void {
  const asked = (prelogin.encryption ?? Encryption.notSupported) & ENCRYPTION_MASK;
  const wants = asked === Encryption.on || asked === Encryption.required;
  const willing = contexts !== 'declined';
  const answer = encodePrelogin(
    !willing ? Encryption.notSupported : wants ? Encryption.on : Encryption.required,
    prelogin,
  );
  const { bytes } = packetize(PacketType.response, answer, 'end', { packetSize: 4096, packetId: 1, spid: 0 });
  if (asked === Encryption.notSupported) {
    events.log('refused: the client does not encrypt');
    socket.end(bytes);
    socket.destroySoon();
    return;
  }
  socket.write(bytes);
  if (contexts === 'declined') {
    // A client that goes on all the same is told nothing more; what it sends is read and thrown away.
    socket.resume();
    return;
  }
  const transport = new PreloginTransport(socket);
  transport.on('error', (error) => events.log(`TLS transport: ${error.message}`));
  events.secured({ stream: startTls(socket, transport, contexts.wrapped, events, undefined), prelogin });
}
