// The tokens of a response that carry no row data (MS-TDS 2.2.7).
import type { SqlMessage } from '../contract.ts';
import { ByteWriter } from './byteWriter.ts';
import { Feature } from './login7.ts';

export const Token = {
  returnStatus: 0x79,
  columnMetadata: 0x81,
  order: 0xa9,
  error: 0xaa,
  info: 0xab,
  loginAck: 0xad,
  featureExtAck: 0xae,
  returnValue: 0xac,
  row: 0xd1,
  nbcRow: 0xd2,
  environmentChange: 0xe3,
  fedAuthInfo: 0xee,
  done: 0xfd,
  doneProcedure: 0xfe,
  doneInProcedure: 0xff,
} as const;

export const DoneStatus = {
  more: 0x01,
  error: 0x02,
  inTransaction: 0x04,
  count: 0x10,
  attention: 0x20,
} as const;

export const TdsVersion = {
  v72: 0x72090002,
  v73A: 0x730a0003,
  v73B: 0x730b0003,
  v74: 0x74000004,
  v80: 0x08000000,
} as const;

/** Clients below 7.3 do not know date, time, datetime2 and datetimeoffset. */
export function lacksDateTypes(tdsVersion: number): boolean {
  return tdsVersion < TdsVersion.v73A && tdsVersion !== TdsVersion.v80;
}

const MAXIMUM_MESSAGE = 2048;

/** ERROR for class 11 and above, INFO below. */
export function writeMessage(out: ByteWriter, message: SqlMessage, serverName: string): void {
  // The server cuts at 2047 characters; the whole token must fit a 16-bit length.
  const text =
    message.message.length > MAXIMUM_MESSAGE ? message.message.slice(0, MAXIMUM_MESSAGE) : message.message;
  out.uint8(message.class >= 11 ? Token.error : Token.info);
  const at = out.length;
  out.uint16(0);
  out.uint32(message.number);
  out.uint8(message.state);
  out.uint8(message.class);
  out.longText(text);
  out.shortText(serverName);
  out.shortText(message.procedure ?? '');
  out.uint32(message.line);
  out.bytes.writeUInt16LE(out.length - at - 2, at);
}

export function writeDone(
  out: ByteWriter,
  token: number,
  status: number,
  command: number,
  rowCount: number | bigint,
): void {
  out.uint8(token);
  out.uint16(status);
  out.uint16(command);
  out.uint64(BigInt(rowCount));
}

const Change = {
  database: 1,
  language: 2,
  packetSize: 4,
  collation: 7,
  begin: 8,
  commit: 9,
  rollback: 10,
  reset: 18,
  routing: 20,
} as const;

export function writeTextChange(
  out: ByteWriter,
  kind: 'database' | 'language' | 'packetSize',
  to: string,
  from: string,
): void {
  out.uint8(Token.environmentChange);
  const at = out.length;
  out.uint16(0);
  out.uint8(Change[kind]);
  out.shortText(to);
  out.shortText(from);
  out.bytes.writeUInt16LE(out.length - at - 2, at);
}

export function writeBytesChange(
  out: ByteWriter,
  kind: 'collation' | 'begin' | 'commit' | 'rollback' | 'reset',
  to: Uint8Array,
  from: Uint8Array,
): void {
  out.uint8(Token.environmentChange);
  out.uint16(3 + to.length + from.length);
  out.uint8(Change[kind]);
  out.uint8(to.length);
  out.raw(to);
  out.uint8(from.length);
  out.raw(from);
}

/** ENVCHANGE 20: go to another server. Protocol 0 is TCP. */
export function writeRouting(out: ByteWriter, host: string, port: number): void {
  out.uint8(Token.environmentChange);
  const at = out.length;
  out.uint16(0);
  out.uint8(Change.routing);
  out.uint16(5 + host.length * 2);
  out.uint8(0);
  out.uint16(port);
  out.longText(host);
  out.uint16(0);
  out.bytes.writeUInt16LE(out.length - at - 2, at);
}

/** LOGINACK, as Azure SQL Database says it: "Microsoft SQL Server" 12.0.2000. */
export function writeLoginAck(out: ByteWriter, tdsVersion: number): void {
  out.uint8(Token.loginAck);
  const at = out.length;
  out.uint16(0);
  out.uint8(1); // SQL_TSQL
  out.uint32BigEndian(tdsVersion);
  out.shortText('Microsoft SQL Server');
  out.raw(Uint8Array.of(12, 0, 0x07, 0xd0));
  out.bytes.writeUInt16LE(out.length - at - 2, at);
}

/** FEDAUTHINFO: where the client gets its token (STS URL) and for whom (SPN) (MS-TDS 2.2.7.12). */
export function writeFedAuthInfo(out: ByteWriter, stsUrl: string, spn: string): void {
  const url = Buffer.from(stsUrl, 'utf16le');
  const name = Buffer.from(spn, 'utf16le');
  const head = 4 + 2 * 9;
  out.uint8(Token.fedAuthInfo);
  out.uint32(head + url.length + name.length);
  out.uint32(2);
  out.uint8(0x01);
  out.uint32(url.length);
  out.uint32(head);
  out.uint8(0x02);
  out.uint32(name.length);
  out.uint32(head + url.length);
  out.raw(url);
  out.raw(name);
}

/**
 * FEATUREEXTACK for what the client asked for and this server has. Left out, which means "not supported": session recovery (a dropped
 * session is gone), column encryption (its acknowledgement would change COLMETADATA), JSON and vector types.
 */
export function writeFeatureExtAck(
  out: ByteWriter,
  asked: Map<number, Buffer>,
  nonce: Buffer | undefined,
): void {
  const answers: [number, Uint8Array][] = [];
  for (const [id, data] of asked) {
    // MS-TDS 3.2.5.4: the nonce comes back exactly when the client sent one in PRELOGIN.
    if (id === Feature.fedAuth) answers.push([id, nonce ?? new Uint8Array()]);
    if (id === Feature.globalTransactions) answers.push([id, Uint8Array.of(0)]);
    if (id === Feature.azureSqlSupport) answers.push([id, Uint8Array.of(0)]);
    if (id === Feature.dataClassification && data.length > 0) {
      answers.push([id, Uint8Array.of(Math.min(data.readUInt8(0), 2), 0)]);
    }
    if (id === Feature.utf8Support) answers.push([id, Uint8Array.of(1)]);
    if (id === Feature.azureSqlDnsCaching) answers.push([id, Uint8Array.of(0)]);
  }
  if (answers.length === 0) return;
  out.uint8(Token.featureExtAck);
  for (const [id, data] of answers) {
    out.uint8(id);
    out.uint32(data.length);
    out.raw(data);
  }
  out.uint8(Feature.terminator);
}
