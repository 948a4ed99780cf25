// A server that declines TLS, or a tedious that would go on without, must not get a byte of a token.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { describe, it } from 'vitest';
import { isAppError } from '../../../src/core/errors.ts';
import { startFixture } from './fakeServer.ts';

const require = createRequire(import.meta.url);

/** Answers PRELOGIN with ENCRYPT_NOT_SUP (MS-TDS 2.2.6.5) and keeps what comes. */
async function plainServer(): Promise<{ port: number; bytes: () => Buffer; close(): void }> {
  const received: Buffer[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      received.push(data);
      if (received.length > 1) return;
      // VERSION, ENCRYPTION = 2 (not supported), FEDAUTHREQUIRED = 1, terminator.
      const body = Buffer.from([
        0x00, 0, 16, 0, 6, 0x01, 0, 22, 0, 1, 0x06, 0, 23, 0, 1, 0xff, 0x10, 0, 0, 0, 0, 0, 0x02, 0x01,
      ]);
      const header = Buffer.from([0x04, 0x01, 0, body.length + 8, 0, 0, 1, 0]);
      socket.write(Buffer.concat([header, body]));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    bytes: () => Buffer.concat(received),
    close: () => server.close(),
  };
}

describe('TLS', () => {
  it('is demanded: a server that declines it gets PRELOGIN and nothing else', async () => {
    const plain = await plainServer();
    const fixture = await startFixture({ profile: { port: plain.port } });
    try {
      const error = await fixture.sql
        .query(fixture.profile, { text: 'SELECT 1;' })
        .catch((failure: unknown) => failure);
      assert.ok(isAppError(error, 'encryptionDeclined'), String(error));
      assert.match(error.message, /declined to encrypt/);
      const bytes = plain.bytes();
      assert.equal(bytes[0], 0x12, 'PRELOGIN');
      assert.equal(bytes.length, bytes.readUInt16BE(2), 'one packet');
    } finally {
      await fixture.end();
      plain.close();
    }
  });

  it('is not up to an old tedious: every copy that is resolved is 20.3.9 or newer', () => {
    const fromMssql = createRequire(require.resolve('mssql/package.json'));
    for (const resolved of [
      require.resolve('tedious/package.json'),
      fromMssql.resolve('tedious/package.json'),
    ]) {
      const { version } = require(resolved) as { version: string };
      const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
      assert.ok(major * 1e6 + minor * 1e3 + patch >= 20_003_009, `tedious ${version} in ${resolved}`);
    }
  });
});
