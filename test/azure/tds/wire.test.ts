// The wire itself: any split of bytes, old clients, several calls in one message, and bytes that mean harm.
import assert from 'node:assert/strict';
import { connect as tcpConnect, createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import * as fc from 'fast-check';
import type { Connection } from 'tedious';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { ByteWriter } from './byteWriter.ts';
import { Feature } from './login7.ts';
import { PacketType } from './packetReader.ts';
import { packetize } from './packets.ts';
import { Encryption, parsePrelogin } from './prelogin.ts';
import { encodeLogin7, TdsClient } from './tdsClient.ts';
import { CA, connect, query, startTestServer, TOKEN, until } from './testServer.ts';
import type { TestServer } from './testServer.ts';
import { TdsVersion, Token } from './tokens.ts';

const LOGIN = { user: 'app', password: 'sécret', database: 'app' };

/** ALL_HEADERS with the transaction descriptor header. */
const HEADERS = Buffer.from('16000000120000000200000000000000000001000000', 'hex');

function batch(text: string): Buffer {
  return Buffer.concat([HEADERS, Buffer.from(text, 'utf16le')]);
}

describe('TDS wire', () => {
  let fixture: TestServer;
  const clients: TdsClient[] = [];

  async function rawClient(login: Parameters<TdsClient['login']>[0] = LOGIN): Promise<TdsClient> {
    const client = await TdsClient.open({ host: '127.0.0.1', port: fixture.port, ca: CA });
    clients.push(client);
    client.login(login);
    const answer = await client.message();
    assert.ok(answer.includes(Buffer.from('Microsoft SQL Server', 'utf16le')));
    return client;
  }

  beforeEach(async () => {
    fixture = await startTestServer();
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await fixture.server.close();
  });

  describe('through a proxy that splits', () => {
    let proxy: Server;

    /** Forwards in pieces of `size` bytes, each with its own turn of the event loop. */
    async function throughProxy(size: number): Promise<Connection> {
      proxy = createServer((client) => {
        const server = tcpConnect(fixture.port, '127.0.0.1');
        for (const [from, to] of [
          [client, server],
          [server, client],
        ] as const) {
          to.setNoDelay(true);
          let chain = Promise.resolve();
          from.on('data', (chunk: Buffer) => {
            for (let at = 0; at < chunk.length; at += size) {
              const piece = chunk.subarray(at, at + size);
              chain = chain.then(
                () =>
                  new Promise((resolve) =>
                    to.destroyed ? resolve() : void to.write(piece, () => setImmediate(resolve)),
                  ),
              );
            }
          });
          from.on('close', () => to.destroy());
          from.on('error', () => to.destroy());
        }
      });
      await new Promise<void>((resolve) => {
        proxy.listen(0, '127.0.0.1', resolve);
      });
      const { port } = proxy.address() as AddressInfo;
      return connect(fixture.config({}, { port }));
    }

    afterEach(() => {
      proxy.close();
    });

    for (const size of [1, 7]) {
      it(`${size} byte(s) at a time`, async () => {
        const connection = await throughProxy(size);
        assert.deepEqual((await query(connection, `SELECT N'${'ä'.repeat(3000)}'`)).rows, [[1]]);
        connection.close();
      });
    }
  });

  it('runs every call of a message, each with its own DONEPROC', async () => {
    fixture.backend.execute = (request, out) => {
      assert.ok(request.kind === 'rpc');
      out.returnStatus(request.parameters.length);
    };
    const client = await rawClient();
    const body = new ByteWriter();
    body.raw(HEADERS);
    for (const [i, name] of ['a', 'bb', 'ccc'].entries()) {
      if (i > 0) body.uint8(0xff);
      body.longText(name);
      body.uint16(0);
      for (let n = 0; n < i; n++) {
        body.shortText(`@p${n}`);
        body.uint8(0);
        body.raw(Uint8Array.of(0x26, 4, 4, n, 0, 0, 0));
      }
    }
    client.send(PacketType.rpc, body.copy());
    const answer = await client.message();
    assert.deepEqual(
      fixture.backend.requests.map((one) => one.kind === 'rpc' && [one.procedure, one.parameters.length]),
      [
        ['a', 0],
        ['bb', 1],
        ['ccc', 2],
      ],
    );
    const one = (status: number, more: number): string =>
      `79${Buffer.of(status, 0, 0, 0).toString('hex')}fe${Buffer.of(more, 0).toString('hex')}${'00'.repeat(10)}`;
    assert.equal(answer.toString('hex'), one(0, 1) + one(1, 1) + one(2, 0));
  });

  it('does not execute a message that its sender gave up', async () => {
    const client = await rawClient();
    client.send(PacketType.batch, batch('DELETE'), 0x02);
    const answer = await client.message();
    assert.equal(answer[0], Token.done);
    client.send(PacketType.batch, batch('SELECT'));
    await client.message();
    assert.deepEqual(fixture.backend.requests, [{ kind: 'batch', text: 'SELECT' }]);
  });

  it('answers a stopped request first, without the rows that came too late, and then the attention', async () => {
    const columns = [{ name: '', type: { name: 'int' }, nullable: false } as const];
    fixture.backend.execute = (_request, out, signal) => {
      out.columns(columns);
      void out.row([1]);
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          void out.row([2]);
          resolve();
        });
      });
    };
    const client = await rawClient();
    client.send(PacketType.batch, batch('SELECT'));
    await until(() => fixture.server.connections[0]?.executing === true);
    client.attention();
    const metadata = `810100${'00'.repeat(4)}0800260400`;
    assert.equal((await client.message()).toString('hex'), `${metadata}d10401000000fd0000${'00'.repeat(10)}`);
    assert.equal((await client.message()).toString('hex'), `fd2000${'00'.repeat(10)}`);
  });

  it('answers a request first whose attention came with it', async () => {
    const client = await rawClient();
    const cursor = { packetSize: 4096, packetId: 1, spid: 0 };
    client.raw(
      Buffer.concat([
        packetize(PacketType.batch, batch('SELECT'), 'end', cursor).bytes,
        packetize(PacketType.attention, new Uint8Array(), 'end', cursor).bytes,
      ]),
    );
    assert.equal((await client.message()).toString('hex'), `fd0000${'00'.repeat(10)}`);
    assert.equal((await client.message()).toString('hex'), `fd2000${'00'.repeat(10)}`);
  });

  it('says in DONE that a transaction is open', async () => {
    fixture.backend.execute = (request, out) => {
      if (request.kind === 'transaction') out.environment({ type: 'beginTransaction' });
      out.done({ kind: 'statement' });
    };
    const client = await rawClient();
    const done = async (): Promise<string> => (await client.message()).subarray(-13, -10).toString('hex');
    client.send(PacketType.batch, batch('SELECT'));
    assert.equal(await done(), 'fd0000');
    client.send(PacketType.transaction, Buffer.concat([HEADERS, Buffer.from('05000200', 'hex')]));
    assert.equal(await done(), 'fd0400');
    client.send(PacketType.batch, batch('SELECT'));
    assert.equal(await done(), 'fd0400');
    client.attention();
    assert.equal(await done(), 'fd2400');
  });

  it('answers a distributed transaction with an error and keeps the connection', async () => {
    const client = await rawClient();
    client.send(PacketType.transaction, Buffer.concat([HEADERS, Buffer.from('00000000', 'hex')]));
    assert.equal((await client.message())[0], Token.error);
    client.send(PacketType.batch, batch('SELECT'));
    assert.equal((await client.message())[0], Token.columnMetadata);
  });

  it('numbers the packets of a message and fills them', () => {
    const cursor = { packetSize: 512, packetId: 254, spid: 0x0134 };
    const body = Buffer.alloc(504 * 3 + 1, 7);
    const { bytes, used } = packetize(PacketType.response, body, 'end', cursor);
    assert.equal(used, body.length);
    const headers = [0, 512, 1024, 1536].map((at) => bytes.subarray(at, at + 8).toString('hex'));
    assert.deepEqual(headers, [
      '040002000134fe00',
      '040002000134ff00',
      '0400020001340000',
      '0401000901340100',
    ]);
    assert.equal(packetize(PacketType.response, body, 'full', cursor).used, 504 * 3);
  });

  it('ends the conversation with a client that cannot encrypt', async () => {
    const received = await new Promise<Buffer>((resolve, reject) => {
      const chunks: Buffer[] = [];
      const socket = tcpConnect(fixture.port, '127.0.0.1', () =>
        socket.write(Buffer.from('1201001a0000010000000b00060100110001ff0f000000000002', 'hex')),
      );
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      socket.on('error', reject);
      socket.on('close', () => resolve(Buffer.concat(chunks)));
    });
    assert.equal(parsePrelogin(received.subarray(8)).encryption, Encryption.required);
    assert.ok(fixture.log.some((line) => line.includes('does not encrypt')));
  });

  it('answers an attention between requests with DONE and nothing else', async () => {
    const client = await rawClient();
    client.attention();
    assert.equal((await client.message()).toString('hex'), `fd2000${'00'.repeat(10)}`);
    client.send(PacketType.batch, batch('SELECT'));
    assert.equal((await client.message())[0], Token.columnMetadata);
  });

  it('keeps the transaction when the reset says so', async () => {
    const client = await rawClient();
    client.send(PacketType.batch, batch('SELECT'), 0x10);
    const answer = await client.message();
    assert.deepEqual(fixture.backend.resets, [true]);
    assert.equal(answer.subarray(0, 6).toString('hex'), 'e30300120000');
  });

  describe('nonces', () => {
    const nonce = Buffer.alloc(32, 0xab);

    /** A login with a token whose FEDAUTH data ends with `last`. */
    async function fedAuth(
      last: (client: TdsClient) => Uint8Array,
      options: { nonce?: Buffer; echo?: number } = {},
    ): Promise<Buffer> {
      const client = await TdsClient.open({
        host: '127.0.0.1',
        port: fixture.port,
        ca: CA,
        fedAuthRequired: true,
        ...(options.nonce ? { nonce: options.nonce } : {}),
      });
      clients.push(client);
      const token = Buffer.from(TOKEN, 'utf16le');
      const data = new ByteWriter();
      data.uint8((0x01 << 1) | (options.echo ?? 1));
      data.uint32(token.length);
      data.raw(token);
      data.raw(last(client));
      client.login({ features: [[Feature.fedAuth, data.copy()]] });
      return client.message();
    }

    it('come back from the server, and the server’s own must come back to it', async () => {
      const answer = await fedAuth((client) => client.serverNonce ?? assert.fail('no nonce'), { nonce });
      assert.ok(answer.includes(Buffer.concat([Buffer.from('ae0220000000', 'hex'), nonce, Buffer.of(0xff)])));
      const wrong = await fedAuth(() => nonce, { nonce });
      assert.equal(wrong[0], Token.error);
      const missing = await fedAuth(() => new Uint8Array(), { nonce });
      assert.equal(missing[0], Token.error);
      assert.equal(fixture.backend.logins.length, 1);
    });

    it('are not sent to who sent none', async () => {
      const answer = await fedAuth(() => new Uint8Array());
      assert.ok(answer.includes(Buffer.from('ae0200000000ff', 'hex')));
    });

    it('and a client that did not hear FEDAUTHREQUIRED is refused', async () => {
      const answer = await fedAuth(() => new Uint8Array(), { echo: 0 });
      assert.equal(answer[0], Token.error);
      assert.equal(fixture.backend.logins.length, 0);
    });
  });

  it('acknowledges the features it has, of those it was asked for', async () => {
    const client = await TdsClient.open({ host: '127.0.0.1', port: fixture.port, ca: CA });
    clients.push(client);
    client.login({
      ...LOGIN,
      features: [
        [Feature.sessionRecovery, new Uint8Array()],
        [Feature.columnEncryption, Uint8Array.of(1)],
        [Feature.utf8Support, Uint8Array.of(1)],
        [0x0d, Uint8Array.of(1)],
      ],
    });
    const answer = await client.message();
    assert.ok(answer.includes(Buffer.from('ae0a0100000001ff', 'hex')), answer.toString('hex'));
  });

  for (const [title, version, legacy] of [
    ['7.2', TdsVersion.v72, true],
    ['7.3', TdsVersion.v73B, false],
  ] as const) {
    it(`speaks TDS ${title} with a client of that age`, async () => {
      fixture.backend.execute = (_request, out) => {
        out.columns([{ name: 'd', type: { name: 'date' }, nullable: true }]);
        void out.row(['2024-02-29']);
        void out.row([null]);
        out.done({ kind: 'statement', rowCount: 2 });
      };
      const client = await rawClient({ ...LOGIN, tdsVersion: version });
      client.send(PacketType.batch, batch('SELECT'));
      const answer = await client.message();
      const asText = Buffer.from('2024-02-29', 'utf16le');
      assert.equal(answer.includes(asText), legacy);
      assert.equal(answer.subarray(9, 10).toString('hex'), legacy ? 'e7' : '28');
    });
  }

  it('refuses TLS below 1.2', async () => {
    const error = await new Promise<Error>((resolve, reject) => {
      const socket = tlsConnect({
        host: '127.0.0.1',
        port: fixture.port,
        ca: CA,
        ALPNProtocols: ['tds/8.0'],
        maxVersion: 'TLSv1.1',
        minVersion: 'TLSv1',
      });
      socket.once('error', resolve);
      socket.once('secureConnect', () => reject(new Error('connected')));
    });
    assert.ok(error);
    assert.equal(fixture.backend.logins.length, 0);
  });

  describe('hostile bytes', () => {
    /** Sends and waits until the server has closed or the bytes have had no effect. */
    function throwAt(bytes: Uint8Array): Promise<void> {
      return new Promise((resolve) => {
        const socket = tcpConnect(fixture.port, '127.0.0.1', () => socket.end(bytes));
        socket.on('data', () => undefined);
        socket.on('error', () => undefined);
        socket.on('close', () => resolve());
      });
    }

    /** The server lives, and what it met it met as a breach of protocol, not as a bug of its own. */
    async function stillServes(): Promise<void> {
      const bugs = fixture.log.filter((line) => /internal error|TypeError|RangeError|\n\s+at /.test(line));
      assert.deepEqual(bugs, []);
      const connection = await connect(fixture.config());
      fixture.backend.execute = (_request, out) => out.done({ kind: 'statement', rowCount: 9 });
      assert.equal((await query(connection, 'SELECT')).rowCount, 9);
      connection.close();
      await until(() => fixture.server.connections.length === 0);
    }

    it('survives random bytes instead of a PRELOGIN', async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), (bytes) => throwAt(bytes)),
        { numRuns: 150 },
      );
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), (bytes) =>
          throwAt(Buffer.concat([Buffer.of(0x12, 1, 0, 8 + bytes.length, 0, 0, 1, 0), bytes])),
        ),
        { numRuns: 150 },
      );
      assert.equal(fixture.backend.logins.length, 0);
      await stillServes();
    });

    it('survives LOGIN7 cut short, grown and changed anywhere', async () => {
      const good = encodeLogin7({
        ...LOGIN,
        features: [[Feature.fedAuth, Uint8Array.of(2, 1, 0, 0, 0, 65, 0)]],
      });
      const changed = fc
        .array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
        .map((changes) => {
          const bytes = Buffer.from(good);
          for (const [at, value] of changes) bytes[at] = value;
          return bytes;
        });
      const cut = fc.nat(good.length).map((length) => good.subarray(0, length));
      await fc.assert(
        fc.asyncProperty(fc.oneof(changed, cut), async (bytes) => {
          const client = await TdsClient.open({ host: '127.0.0.1', port: fixture.port, ca: CA });
          client.send(PacketType.login7, bytes);
          // Logged in, refused, or closed: an answer in any case.
          await client.message().catch((error: unknown) => assert.ok(error instanceof Error));
          client.close();
        }),
        { numRuns: 120 },
      );
      await stillServes();
    });

    it('survives requests of every type made of noise', async () => {
      const types = [
        PacketType.batch,
        PacketType.rpc,
        PacketType.transaction,
        PacketType.bulkLoad,
        0x0a,
        0x11,
        0x00,
      ];
      const body = fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.concat([HEADERS, bytes])),
        // An RPC that begins well: a name, no options, one parameter of any type with any bytes.
        fc
          .uint8Array({ maxLength: 80 })
          .map((bytes) => Buffer.concat([HEADERS, Buffer.from('01007000000000', 'hex'), bytes])),
        fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.concat([Buffer.from('810100', 'hex'), bytes])),
      );
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...types), body, async (type, bytes) => {
          const client = await rawClient();
          client.send(type, bytes);
          await client.message().catch((error: unknown) => assert.ok(error instanceof Error));
          client.close();
        }),
        { numRuns: 200 },
      );
      await stillServes();
    });

    it('does not gather a message without end before login', async () => {
      const packet = Buffer.alloc(4096);
      Buffer.of(0x12, 0, 0x10, 0, 0, 0, 1, 0).copy(packet);
      const flood = Buffer.concat(Array.from({ length: 64 }, () => packet));
      await throwAt(flood);
      assert.equal(fixture.backend.logins.length, 0);
      assert.ok(fixture.log.some((line) => line.includes('message exceeds')));
      await stillServes();
    });
  });
});
