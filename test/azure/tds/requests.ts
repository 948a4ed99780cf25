// What a client asks for: SQL batch, RPC, transaction manager request (MS-TDS 2.2.6.6, 2.2.6.7, 2.2.6.9).
import type { ClientRequest, RpcParameter } from '../contract.ts';
import { SqlError } from '../contract.ts';
import { ByteReader, ProtocolError } from './byteReader.ts';
import { readTypeInfo } from './readTypeInfo.ts';
import { readValue } from './valueDecoder.ts';

/** ALL_HEADERS: total length, then headers; only its transaction descriptor could matter, and it is the session's own. */
function skipHeaders(reader: ByteReader): void {
  const start = reader.position;
  const total = reader.uint32();
  if (total < 4 || total > reader.end - start) throw new ProtocolError(`ALL_HEADERS of ${total} bytes`);
  while (reader.position < start + total) {
    const length = reader.uint32();
    if (length < 6 || reader.position - 4 + length > start + total) throw new ProtocolError('header length');
    reader.take(length - 4);
  }
}

/** @throws ProtocolError */
export function parseBatch(body: Buffer): ClientRequest {
  const reader = new ByteReader(body);
  skipHeaders(reader);
  if (reader.left % 2 !== 0) throw new ProtocolError('batch with an odd number of bytes');
  return { kind: 'batch', text: reader.utf16(reader.left / 2) };
}

const PROCEDURES: Record<number, string> = {
  1: 'sp_cursor',
  2: 'sp_cursoropen',
  3: 'sp_cursorprepare',
  4: 'sp_cursorexecute',
  5: 'sp_cursorprepexec',
  6: 'sp_cursorunprepare',
  7: 'sp_cursorfetch',
  8: 'sp_cursoroption',
  9: 'sp_cursorclose',
  10: 'sp_executesql',
  11: 'sp_prepare',
  12: 'sp_execute',
  13: 'sp_prepexec',
  14: 'sp_prepexecrpc',
  15: 'sp_unprepare',
};

const BATCH_FLAG = 0xff;
const NO_EXEC_FLAG = 0xfe;
const OLD_BATCH_FLAG = 0x80;
const NO_METADATA = 0x02;
const BY_REFERENCE = 0x01;
const DEFAULT_VALUE = 0x02;
const ENCRYPTED = 0x08;

export type RpcRequest = Extract<ClientRequest, { kind: 'rpc' }>;

/** Every procedure call of one message, in order. @throws ProtocolError; SqlError for parameter types this server does not have. */
export function parseRpc(body: Buffer): RpcRequest[] {
  const reader = new ByteReader(body);
  skipHeaders(reader);
  const calls: RpcRequest[] = [];
  do {
    calls.push(parseCall(reader));
  } while (reader.left > 0);
  return calls;
}

function parseCall(reader: ByteReader): RpcRequest {
  const nameLength = reader.uint16();
  let procedure: string;
  if (nameLength === 0xff_ff) {
    const id = reader.uint16();
    procedure = PROCEDURES[id] ?? '';
    if (!procedure) throw new ProtocolError(`procedure id ${id}`);
  } else {
    procedure = reader.utf16(nameLength);
  }
  const options = reader.uint16();
  const parameters: RpcParameter[] = [];
  while (reader.left > 0) {
    const next = reader.uint8();
    // Names are at most 128 characters ('@' included), so these values cannot be a name's length.
    if (next === BATCH_FLAG || next === NO_EXEC_FLAG || (next === OLD_BATCH_FLAG && reader.left === 0)) break;
    const name = reader.utf16(next);
    const status = reader.uint8();
    if (status & ENCRYPTED) throw new ProtocolError('encrypted parameter without column encryption');
    const info = readTypeInfo(reader);
    parameters.push({
      name,
      type: info.type,
      value: readValue(reader, info),
      output: (status & BY_REFERENCE) !== 0,
      useDefault: (status & DEFAULT_VALUE) !== 0,
    });
  }
  return { kind: 'rpc', procedure, parameters, noMetadata: (options & NO_METADATA) !== 0 };
}

/** TM_GET_DTC_ADDRESS, TM_PROPAGATE_XACT, TM_PROMOTE_XACT. */
const DISTRIBUTED = [0, 1, 6];
const Transaction = { begin: 5, commit: 7, rollback: 8, save: 9 } as const;

/** @throws ProtocolError; SqlError for distributed transactions, which Azure SQL Database does not take from clients. */
export function parseTransaction(body: Buffer): ClientRequest {
  const reader = new ByteReader(body);
  skipHeaders(reader);
  const type = reader.uint16();
  if (DISTRIBUTED.includes(type)) {
    throw new SqlError({
      number: 40_514,
      state: 1,
      class: 16,
      message: "'Distributed transaction' is not supported in this version of SQL Server.",
      line: 1,
    });
  }
  const isolation = (): { isolation?: number } => {
    const level = reader.uint8();
    return level >= 1 && level <= 5 ? { isolation: level } : {};
  };
  const name = (): string => {
    if (reader.left === 0) return '';
    const bytes = reader.uint8();
    if (bytes % 2 !== 0) throw new ProtocolError('transaction name with an odd number of bytes');
    return reader.utf16(bytes / 2);
  };
  switch (type) {
    case Transaction.begin: {
      const level = isolation();
      return { kind: 'transaction', request: 'begin', name: name(), ...level, beginNext: false };
    }
    case Transaction.commit:
    case Transaction.rollback: {
      const request = type === Transaction.commit ? 'commit' : 'rollback';
      const ended = name();
      const beginNext = reader.left > 0 && (reader.uint8() & 1) !== 0;
      return { kind: 'transaction', request, name: ended, ...(beginNext ? isolation() : {}), beginNext };
    }
    case Transaction.save:
      return { kind: 'transaction', request: 'save', name: name(), beginNext: false };
    default:
      throw new ProtocolError(`transaction manager request ${type}`);
  }
}
