// LOGIN7: who wants in, with which features (MS-TDS 2.2.6.4).
import { ByteReader, ProtocolError } from './byteReader.ts';

export const Feature = {
  sessionRecovery: 0x01,
  fedAuth: 0x02,
  columnEncryption: 0x04,
  globalTransactions: 0x05,
  azureSqlSupport: 0x08,
  dataClassification: 0x09,
  utf8Support: 0x0a,
  azureSqlDnsCaching: 0x0b,
  terminator: 0xff,
} as const;

export type FedAuth =
  | { library: 'securityToken'; echo: boolean; token: string; nonce: Buffer | undefined }
  | { library: 'adal'; echo: boolean; workflow: number };

export interface Login7 {
  tdsVersion: number;
  packetSize: number;
  hostName: string;
  userName: string;
  /** In clear: never log it. */
  password: string;
  applicationName: string;
  serverName: string;
  interfaceName: string;
  language: string;
  database: string;
  integratedSecurity: boolean;
  changesPassword: boolean;
  readOnlyIntent: boolean;
  fedAuth: FedAuth | undefined;
  features: Map<number, Buffer>;
}

const FIXED = 94;
const FLAG2_INTEGRATED = 0x80;
const FLAG3_CHANGE_PASSWORD = 0x01;
const FLAG3_EXTENSION = 0x10;
const TYPE_READ_ONLY = 0x20;

/** @throws ProtocolError for lengths and offsets that do not fit. */
export function parseLogin7(body: Buffer): Login7 {
  const reader = new ByteReader(body);
  const length = reader.uint32();
  if (length < FIXED || length > body.length) throw new ProtocolError(`LOGIN7 length ${length}`);
  const tdsVersion = reader.uint32();
  const packetSize = reader.uint32();
  reader.take(12); // program version, process id, connection id
  reader.take(1); // option flags 1: byte order and float format are the same for every client in use
  const flags2 = reader.uint8();
  const typeFlags = reader.uint8();
  const flags3 = reader.uint8();
  reader.take(8); // time zone, LCID

  const variable = (unit: 1 | 2): Buffer => {
    const at = reader.uint16();
    const size = reader.uint16() * unit;
    if (size === 0) return Buffer.alloc(0);
    if (at < FIXED - 8 || at + size > length) throw new ProtocolError('LOGIN7 field outside of the message');
    return body.subarray(at, at + size);
  };
  const text = (): string => variable(2).toString('utf16le');

  const hostName = text();
  const userName = text();
  const password = revealPassword(variable(2));
  const applicationName = text();
  const serverName = text();
  const extension = variable(1);
  const interfaceName = text();
  const language = text();
  const database = text();
  const features =
    flags3 & FLAG3_EXTENSION ? parseFeatures(body, length, extension) : new Map<number, Buffer>();
  const fedAuth = features.get(Feature.fedAuth);
  return {
    tdsVersion,
    packetSize,
    hostName,
    userName,
    password,
    applicationName,
    serverName,
    interfaceName,
    language,
    database,
    integratedSecurity: (flags2 & FLAG2_INTEGRATED) !== 0,
    changesPassword: (flags3 & FLAG3_CHANGE_PASSWORD) !== 0,
    readOnlyIntent: (typeFlags & TYPE_READ_ONLY) !== 0,
    fedAuth: fedAuth ? parseFedAuth(fedAuth) : undefined,
    features,
  };
}

/** Undoes the client's obfuscation: XOR 0xA5, then swap the halves of every byte. */
function revealPassword(bytes: Buffer): string {
  const clear = Buffer.from(bytes);
  for (let i = 0; i < clear.length; i++) {
    const byte = clear.readUInt8(i) ^ 0xa5;
    clear[i] = ((byte << 4) | (byte >> 4)) & 0xff;
  }
  return clear.toString('utf16le');
}

function parseFeatures(body: Buffer, length: number, extension: Buffer): Map<number, Buffer> {
  if (extension.length < 4) throw new ProtocolError('LOGIN7 extension without a feature offset');
  const start = extension.readUInt32LE(0);
  if (start < FIXED || start >= length) throw new ProtocolError('LOGIN7 features outside of the message');
  const reader = new ByteReader(body, start, length);
  const features = new Map<number, Buffer>();
  for (;;) {
    const id = reader.uint8();
    if (id === Feature.terminator) return features;
    features.set(id, reader.slice(reader.uint32()));
  }
}

function parseFedAuth(data: Buffer): FedAuth {
  const reader = new ByteReader(data);
  const options = reader.uint8();
  const echo = (options & 1) !== 0;
  const library = options >> 1;
  if (library === 0x01) {
    const token = reader.slice(reader.uint32()).toString('utf16le');
    return { library: 'securityToken', echo, token, nonce: reader.left >= 32 ? reader.slice(32) : undefined };
  }
  if (library === 0x02) return { library: 'adal', echo, workflow: reader.left > 0 ? reader.uint8() : 0 };
  throw new ProtocolError(`FEDAUTH library ${library}`);
}

/** The FEDAUTH message (packet type 0x08) that answers FEDAUTHINFO (MS-TDS 2.2.6.3). */
export function parseFedAuthToken(body: Buffer): { token: string; nonce: Buffer | undefined } {
  const outer = new ByteReader(body);
  const reader = new ByteReader(outer.slice(outer.uint32()));
  const token = reader.slice(reader.uint32()).toString('utf16le');
  return { token, nonce: reader.left >= 32 ? reader.slice(32) : undefined };
}
