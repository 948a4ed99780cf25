// One relayed session: an upstream connection that runs as the Entra caller's database user.
import type { BackendSession, RelayedRequest, SqlMessage, SqlValue } from '../contract.ts';
import { SqlError } from '../contract.ts';
import { PacketType } from '../tds/packetReader.ts';
import { ResetStatus } from '../tds/tdsClient.ts';
import type { TdsClient } from '../tds/tdsClient.ts';
import { acknowledgesAttention, DONE_SIZE, readAnswer, withoutAttention } from './responseReader.ts';

/** ALL_HEADERS with a transaction descriptor: total, header length, type 2, descriptor, one outstanding request. */
function headers(transaction: bigint): Buffer {
  const bytes = Buffer.alloc(22);
  bytes.writeUInt32LE(22, 0);
  bytes.writeUInt32LE(18, 4);
  bytes.writeUInt16LE(2, 8);
  bytes.writeBigUInt64LE(transaction, 10);
  bytes.writeUInt32LE(1, 18);
  return bytes;
}

const PACKET_TYPE = {
  batch: PacketType.batch,
  rpc: PacketType.rpc,
  transaction: PacketType.transaction,
  bulk: PacketType.bulkLoad,
} as const;

export interface UpstreamSessionParts {
  client: TdsClient;
  database: string;
  spid: number;
  /** Rewrites a request before it goes upstream. @throws SqlError */
  rewrite(request: RelayedRequest): Uint8Array;
  log(line: string): void;
}

export class UpstreamSession implements BackendSession {
  readonly database: string;
  readonly spid: number;
  private readonly parts: UpstreamSessionParts;
  private readonly afterwards: (() => Promise<void>)[] = [];
  private impersonated: { name: string; cookie: string } | undefined;

  constructor(parts: UpstreamSessionParts) {
    this.parts = parts;
    this.database = parts.database;
    this.spid = parts.spid;
  }

  /** Runs a batch of our own. @throws SqlError with what upstream answered. */
  async run(text: string, status = 0): Promise<SqlValue[][]> {
    return runBatch(this.parts.client, text, status);
  }

  /**
   * EXECUTE AS USER with a cookie: without the cookie nobody can REVERT, so no client gets back to the relay's own login.
   * @throws SqlError
   */
  async impersonate(name: string): Promise<void> {
    const rows = await this.run(
      `DECLARE @cookie varbinary(8000); EXECUTE AS USER = N'${name.replaceAll("'", "''")}' WITH COOKIE INTO @cookie; SELECT @cookie;`,
    );
    const cookie = rows[0]?.[0];
    if (!(cookie instanceof Uint8Array)) throw new Error('EXECUTE AS gave no cookie');
    this.impersonated = { name, cookie: `0x${Buffer.from(cookie).toString('hex')}` };
  }

  execute(): Promise<void> {
    return Promise.reject(new Error('a relaying session executes nothing itself'));
  }

  async relay(
    request: RelayedRequest,
    write: (tokens: Uint8Array) => Promise<void> | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { client } = this.parts;
    const body = this.parts.rewrite(request);
    let attentionSent = false;
    const onAbort = (): void => {
      attentionSent = true;
      client.attention();
    };
    if (signal.aborted) return;
    client.send(PACKET_TYPE[request.kind], body);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      // The last token is held back: an attention's acknowledgement in it belongs to us and not into the answer.
      let tail = Buffer.alloc(0);
      for (;;) {
        const part = await client.next();
        if (part.last) break;
        const bytes = Buffer.concat([tail, part.body]);
        const ready = bytes.length - DONE_SIZE;
        tail = bytes.subarray(Math.max(0, ready));
        if (ready > 0) {
          const wait = write(bytes.subarray(0, ready));
          if (wait) await wait;
        }
      }
      signal.removeEventListener('abort', onAbort);
      const acknowledged = acknowledgesAttention(tail);
      await write(acknowledged ? withoutAttention(tail) : tail);
      if (attentionSent && !acknowledged) await client.message();
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Upstream's own reset would fail while somebody is impersonated: go back, reset, impersonate again. */
  async reset(keepTransaction: boolean): Promise<void> {
    const as = this.impersonated;
    if (as) await this.run(`DECLARE @cookie varbinary(8000) = ${as.cookie}; REVERT WITH COOKIE = @cookie;`);
    await this.run('SELECT 1;', keepTransaction ? ResetStatus.keepTransaction : ResetStatus.reset);
    if (as) await this.impersonate(as.name);
  }

  /** What is to be done once the connection is gone; it failing is only told. */
  onClose(work: () => Promise<void>): void {
    this.afterwards.push(work);
  }

  async close(): Promise<void> {
    this.parts.client.close();
    for (const work of this.afterwards.splice(0)) {
      try {
        await work();
      } catch (error) {
        this.parts.log(
          `upstream: after a session: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    }
  }
}

/** @throws SqlError */
export async function runBatch(client: TdsClient, text: string, status = 0): Promise<SqlValue[][]> {
  client.send(PacketType.batch, Buffer.concat([headers(0n), Buffer.from(text, 'utf16le')]), status);
  const { errors, rows } = readAnswer(await client.message());
  throwFirst(errors);
  return rows;
}

/** @throws SqlError made of an upstream server's errors, the last one being the one that counts. */
export function throwFirst(errors: SqlMessage[]): void {
  const last = errors.at(-1);
  if (last) throw new SqlError(last, errors.slice(0, -1));
}
